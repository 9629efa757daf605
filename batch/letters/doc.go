// Package letters fetches the letter of a circuit, a PDF that the carrier's people need to enter
// the data centre, keeps it, and compares what it says with what was applied for.
//
// An address comes from an answer of the API, but what it leads to is not trusted:
//
//  1. [Fetcher.Fetch] checks the URL: https, without a user and password. Plain http and
//     loopback addresses are for the simulator and tests alone.
//  2. It connects only to public addresses. The address is checked when it is dialled, after
//     the name was resolved, so a name that resolves differently the second time gains
//     nothing. If a proxy is in use, it resolves names: only an address in the URL itself
//     can be checked.
//  3. It sends one GET without cookies, credentials or referrer, follows no redirect, asks for
//     no compression, and reads no more than a limit allows, in a limited time.
//  4. The bytes must be a PDF: its header, its end, and a reader that finds a page in it.
//  5. They are written under a temporary name, synced, and given a free name: see [Fetcher]
//     for the names. An existing file is never replaced.
//
// The URL may be signed, so whoever has it can read the letter: no error contains it, or anything
// that a server sent.
//
// # Reading the text
//
// The PDFs are read by PDFium, the reader of Chromium, compiled to WebAssembly and run by an
// interpreter (github.com/klippa-app/go-pdfium with github.com/tetratelabs/wazero; MIT and
// Apache 2, both with releases in 2026, no cgo). A letter is untrusted input for a large
// parser. In the sandbox the parser has a fixed amount of memory, no files, no network and no
// environment, and can be stopped at any instruction; a crash is an error here. An interpreter needs
// no memory that is both writable and executable, which hardened services are denied. PDFium knows the
// encodings of Chinese fonts, repairs damaged files and recognises encrypted ones.
//
// The alternatives in pure Go were tried with six hostile files of up to 18 MB.
// github.com/ledongthuc/pdf, the maintained fork of rsc.io/pdf, reads Chinese letters as well. It needs
// 40 MB of memory instead of 400, and saves 14 MB of our executable (12 MB in a release). But it
// runs in our own process, where nothing can stop it: 600 bytes that claim two billion pages, or a
// page tree that contains itself, keep it busy forever. github.com/dslipak/pdf has the same roots
// and no release since January 2024, github.com/pdfcpu/pdfcpu extracts no text, and unidoc is not
// free.
package letters
