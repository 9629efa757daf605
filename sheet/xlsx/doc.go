// Package xlsx is the codec for .xlsx and .xlsm files: the only place that knows
// their bytes. It stands to package sheet as image/png stands to image.
//
// Reading goes through these stages, each strict where leniency would hide that rows
// are missing:
//
//  1. sniff tells a ZIP file from what else bears the name of a workbook: encrypted
//     workbooks, the old .xls, CSV, web pages, lock files.
//  2. container holds the ZIP directory against the local headers and against [Limits]
//     before a byte is unpacked: no name twice, no way out of the package, no bytes
//     shared, no lying sizes, no bombs.
//  3. partReader unpacks one part. It ends well only when size and checksum are right.
//  4. tokenizer cuts the XML of a part into tokens that are the part's very bytes, so
//     that reading and copying share it. It knows namespaces by what they stand for, so
//     that any prefix, Strict and Transitional form read alike.
//  5. workbookParts finds sheets, shared strings and styles through relationships.
//  6. stringTable and cellFormats are read whole, in memory bounded by their parts;
//     sheetScanner streams the rows of a sheet in memory bounded by its longest row.
//  7. [Book] gives all of it as a [sheet.Book].
//
// Writing is [Copy]: it passes parts through as they are, streams the sheets that get
// results, appends to the short lists around them, and adds sheets, all on the same
// tokens. What stands against it is found by [Obstacles], before anything is sent; what
// came of it is held against what was meant by [Verify].
//
// What is wrong with an input is an *sheet.InputError: a code of the catalogue, the
// part, and the place, which is a cell, a row, or a byte of the unpacked part. It never
// holds the text of a cell.
//
// excelize, which this package alone imports, makes the template and is the oracle in
// the tests. It does not read here: it takes twenty times as long, gives no types while
// streaming, and gives fewer rows of a damaged file without an error.
package xlsx
