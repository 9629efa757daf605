// Package xlsx is the codec for .xlsx and .xlsm files: only it and its internal packages know
// the file format. It is to package sheet what image/png is to image.
//
// Bytes go through these packages, each of which imports only those before it:
//
//  1. xmltok cuts an XML part into tokens that are slices of its bytes, for reading and for
//     copying. It compares namespaces by their URIs, so any prefix, and
//     both the Strict and the Transitional form, can be read.
//  2. opc reads the container. It recognizes other files that are named like a workbook
//     (encrypted workbooks, the old .xls, CSV, web pages, lock files), and
//     compares the ZIP directory with the local headers and with [Limits] before anything is
//     unpacked. Reading a part fails at its end unless its size and checksum are right.
//  3. read finds sheets, shared strings and styles through relationships, and streams the
//     rows of a sheet as a [Book], in memory bounded by the longest row.
//  4. edit writes the copy: it copies parts unchanged, streams the sheets that get results,
//     appends to the short lists around them, and adds sheets, all on the same tokens.
//
// Besides, build makes the template, and crypt decrypts and encrypts whole workbooks, in
// memory.
//
// Reading is strict if leniency would hide that rows are missing. [Obstacles] finds
// what would prevent a copy before anything is sent, [Copy] writes it, and [Verify] reads
// it back and compares it with the patch.
//
// An error in an input is an *sheet.InputError. It has a code of the catalogue, the part and
// the place, which is a cell, a row, or a byte of the unpacked part. It never contains the
// text of a cell.
package xlsx
