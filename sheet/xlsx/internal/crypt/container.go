package crypt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// entry is a storage or a stream of a compound file.
type entry struct {
	name     string
	content  [][]byte // of a stream, in pieces
	children []entry  // of a storage
	storage  bool
}

func (e *entry) size() (n int) {
	for _, b := range e.content {
		n += len(b)
	}
	return n
}

// Sizes and numbers of a compound file of version 3 ([MS-CFB] 2.2 to 2.6), in bytes unless
// said otherwise.
const (
	sectorSize     = 512
	miniSectorSize = 64
	miniCutoff     = 4096 // streams below it share the mini stream
	numberSize     = 4    // of a sector's number
	entrySize      = 128
	headerFATs     = 109 // FAT sectors that the header lists
	maxStream      = 1 << 31

	freeSector  = 0xFFFFFFFF
	endOfChain  = 0xFFFFFFFE
	fatSector   = 0xFFFFFFFD
	difatSector = 0xFFFFFFFC
	noEntry     = 0xFFFFFFFF
)

// FreeSectors is how many sectors at the end of a written file are listed as free. A short
// text can be put there, which no program reads.
const FreeSectors = 4

// SectorSize is the size of a sector, in bytes. A compound file consists of whole sectors.
const SectorSize = sectorSize

// errLarge reports a stream that version 3 has no room for.
var errLarge = errors.New("the encrypted workbook is larger than 2 GB")

// container is a compound file that is being laid out. Its sectors are, in this order: the
// list of the FAT sectors that do not fit into the header, the FAT, and the chains, which are
// the directory, the mini FAT, the mini stream, and the large streams.
type container struct {
	directory []byte
	entries   int
	mini      [][]byte // pieces of the mini stream
	miniFAT   []uint32
	large     []*entry
	chains    []chain
	starts    map[*entry]int // first sector of each stream, in the mini stream if it is small
}

// chain is a run of sectors.
type chain struct{ start, length int }

// Indexes of chains; the large streams come after them.
const (
	chainDirectory = iota
	chainMiniFAT
	chainMini
	chainLarge
)

// writeContainer writes a compound file with the given storages and streams.
func writeContainer(w io.Writer, root []entry) error {
	c := &container{starts: map[*entry]int{}}
	top := entry{name: "Root Entry", storage: true, children: root}
	if err := c.collect(&top); err != nil {
		return err
	}
	fats, difats := c.place()
	c.layDirectory(&top)

	out := &sectorWriter{w: w}
	out.write(c.header(fats, difats))
	out.write(difatSectors(fats, difats))
	out.write(c.fat(fats, difats))
	out.write(c.directory)
	out.write(numbers(c.miniFAT))
	out.write(c.mini...)
	for _, e := range c.large {
		out.write(e.content...)
	}
	return out.err
}

// place decides where each chain is, and returns how many sectors the tables have.
func (c *container) place() (fats, difats int) {
	lengths := []int{sectors(c.entries * entrySize), sectors(len(c.miniFAT) * numberSize), sectors(len(c.miniFAT) * miniSectorSize)}
	for _, e := range c.large {
		lengths = append(lengths, sectors(e.size()))
	}
	others := FreeSectors
	for _, n := range lengths {
		others += n
	}
	fats, difats = tables(others)
	at := difats + fats
	for _, n := range lengths {
		c.chains = append(c.chains, chain{at, n})
		at += n
	}
	for i, e := range c.large {
		c.starts[e] = c.chains[chainLarge+i].start
	}
	return fats, difats
}

// collect decides where each stream goes.
func (c *container) collect(e *entry) error {
	c.entries++
	size := e.size()
	switch {
	case e.storage:
		for i := range e.children {
			if err := c.collect(&e.children[i]); err != nil {
				return err
			}
		}
	case int64(size) > maxStream:
		return errLarge
	case size >= miniCutoff:
		c.large = append(c.large, e)
	case size > 0:
		c.starts[e] = len(c.miniFAT)
		n := (size + miniSectorSize - 1) / miniSectorSize
		c.mini = append(append(c.mini, e.content...), make([]byte, n*miniSectorSize-size))
		c.miniFAT = appendChain(c.miniFAT, n)
	}
	return nil
}

// tables returns how many sectors the FAT needs, and how many the list of the FAT sectors
// that do not fit into the header, for a file with that many other sectors.
func tables(others int) (fats, difats int) {
	const perFAT, perDIFAT = sectorSize / numberSize, sectorSize/numberSize - 1
	for {
		f := (others + fats + difats + perFAT - 1) / perFAT
		d := (max(0, f-headerFATs) + perDIFAT - 1) / perDIFAT
		if f == fats && d == difats {
			return fats, difats
		}
		fats, difats = f, d
	}
}

// fat returns the FAT: for each sector, the one that follows it.
func (c *container) fat(fats, difats int) []byte {
	table := make([]uint32, 0, fats*sectorSize/numberSize)
	for range difats {
		table = append(table, difatSector)
	}
	for range fats {
		table = append(table, fatSector)
	}
	for _, s := range c.chains {
		table = appendChain(table, s.length)
	}
	for len(table) < cap(table) {
		table = append(table, freeSector)
	}
	return numbers(table)
}

// appendChain appends a chain of n consecutive sectors.
func appendChain(table []uint32, n int) []uint32 {
	for i := range n {
		next := uint32(len(table) + 1)
		if i == n-1 {
			next = endOfChain
		}
		table = append(table, next)
	}
	return table
}

// difatSectors lists the FAT sectors that do not fit into the header.
func difatSectors(fats, difats int) []byte {
	var b []byte
	next := headerFATs
	for i := range difats {
		for range sectorSize/numberSize - 1 {
			n := uint32(freeSector)
			if next < fats {
				n = uint32(difats + next)
			}
			b = binary.LittleEndian.AppendUint32(b, n)
			next++
		}
		following := uint32(endOfChain)
		if i+1 < difats {
			following = uint32(i + 1)
		}
		b = binary.LittleEndian.AppendUint32(b, following)
	}
	return b
}

// first returns the number of the first sector for the header and the directory.
func (s chain) first() uint32 {
	if s.length == 0 {
		return endOfChain
	}
	return uint32(s.start)
}

// header returns the first sector (2.2).
func (c *container) header(fats, difats int) []byte {
	le := binary.LittleEndian
	b := []byte(Signature + strings.Repeat("\x00", 16))
	for _, n := range []uint16{0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0} { // version, byte order, sizes of sectors as powers of 2
		b = le.AppendUint16(b, n)
	}
	firstDIFAT := uint32(endOfChain)
	if difats > 0 {
		firstDIFAT = 0
	}
	miniFAT := c.chains[chainMiniFAT]
	for _, n := range []uint32{0, uint32(fats), c.chains[chainDirectory].first(), 0, miniCutoff, miniFAT.first(), uint32(miniFAT.length), firstDIFAT, uint32(difats)} {
		b = le.AppendUint32(b, n)
	}
	for i := range headerFATs {
		n := uint32(freeSector)
		if i < fats {
			n = uint32(difats + i)
		}
		b = le.AppendUint32(b, n)
	}
	return b
}

// layDirectory makes the directory (2.6): each entry before those in it.
func (c *container) layDirectory(root *entry) {
	c.directory = make([]byte, c.chains[chainDirectory].length*sectorSize)
	le := binary.LittleEndian
	for b := range slices.Chunk(c.directory, entrySize) { // also those that are not used
		for _, at := range []int{leftAt, rightAt, childAt} {
			le.PutUint32(b[at:], noEntry)
		}
	}
	next := 0
	c.lay(root, &next)
	c.directory[typeAt] = typeRoot
	le.PutUint32(c.directory[startAt:], c.chains[chainMini].first())
	le.PutUint32(c.directory[sizeAt:], uint32(len(c.miniFAT)*miniSectorSize))
}

// Offsets within a directory entry (2.6.1), and its types and colours.
const (
	nameSizeAt = 64
	typeAt     = 66
	colourAt   = 67
	leftAt     = 68
	rightAt    = 72
	childAt    = 76
	startAt    = 116
	sizeAt     = 120

	typeStorage = 1
	typeStream  = 2
	typeRoot    = 5

	red   = 0
	black = 1
)

// lay writes an entry and those below it, and returns its number.
func (c *container) lay(e *entry, next *int) int {
	le := binary.LittleEndian
	id := *next
	*next++
	b := c.directory[id*entrySize:][:entrySize]
	units := utf16.Encode([]rune(e.name))
	for i, u := range units {
		le.PutUint16(b[2*i:], u)
	}
	le.PutUint16(b[nameSizeAt:], uint16(2*len(units)+2))
	b[colourAt] = black
	if !e.storage {
		b[typeAt] = typeStream
		le.PutUint32(b[startAt:], endOfChain)
		if e.size() > 0 {
			le.PutUint32(b[startAt:], uint32(c.starts[e]))
		}
		le.PutUint32(b[sizeAt:], uint32(e.size()))
		return id
	}
	b[typeAt] = typeStorage
	children := make([]sibling, len(e.children))
	for i := range e.children {
		children[i] = sibling{name: e.children[i].name, id: c.lay(&e.children[i], next)}
	}
	slices.SortFunc(children, compareNames)
	le.PutUint32(b[childAt:], c.tree(children, 0, depth(len(children))))
	return id
}

type sibling struct {
	name string
	id   int
}

// compareNames orders the entries of a storage (2.6.4): by length, then by the names in
// upper case.
func compareNames(a, b sibling) int {
	return cmp.Or(cmp.Compare(len(a.name), len(b.name)), strings.Compare(strings.ToUpper(a.name), strings.ToUpper(b.name)))
}

// tree links siblings as a red-black tree and returns the number of its root. The tree is
// balanced, and its deepest level is red unless it is full, so every path to a leaf has the
// same number of black entries.
func (c *container) tree(s []sibling, level, full int) uint32 {
	if len(s) == 0 {
		return noEntry
	}
	middle := len(s) / 2
	b := c.directory[s[middle].id*entrySize:]
	if level >= full {
		b[colourAt] = red
	}
	binary.LittleEndian.PutUint32(b[leftAt:], c.tree(s[:middle], level+1, full))
	binary.LittleEndian.PutUint32(b[rightAt:], c.tree(s[middle+1:], level+1, full))
	return uint32(s[middle].id)
}

// depth returns how many levels of a balanced tree of n entries are full.
func depth(n int) (levels int) {
	for n > 0 && 1<<(levels+1)-1 <= n {
		levels++
	}
	return levels
}

func sectors(size int) int { return (size + sectorSize - 1) / sectorSize }

func numbers(table []uint32) []byte {
	b := make([]byte, 0, sectors(len(table)*numberSize)*sectorSize)
	for _, n := range table {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for len(b)%sectorSize != 0 {
		b = binary.LittleEndian.AppendUint32(b, freeSector)
	}
	return b
}

// sectorWriter writes runs of whole sectors until an error.
type sectorWriter struct {
	w   io.Writer
	err error
}

// write writes the pieces, and zeros up to the end of the last sector.
func (s *sectorWriter) write(pieces ...[]byte) {
	n := 0
	for _, b := range pieces {
		if s.err == nil {
			_, s.err = s.w.Write(b)
		}
		n += len(b)
	}
	if rest := n % sectorSize; s.err == nil && rest > 0 {
		_, s.err = s.w.Write(make([]byte, sectorSize-rest))
	}
}

// dataSpaces returns the storages that say that EncryptedPackage is encrypted, which
// [MS-OFFCRYPTO] 2.1 and 2.3.4.1 to 2.3.4.3 require. Their content is always the same.
func dataSpaces() []entry {
	const space, transform = "StrongEncryptionDataSpace", "StrongEncryptionTransform"
	stream := func(name string, parts ...[]byte) entry { return entry{name: name, content: parts} }
	storage := func(name string, children ...entry) entry {
		return entry{name: name, children: children, storage: true}
	}
	versions := words(1, 1, 1) // of reader, updater and writer: 1.0
	id, name := prefixed("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}"), prefixed("Microsoft.Container.EncryptionTransform")
	reference := slices.Concat(words(1, 0), prefixed(packageStream), prefixed(space)) // one stream
	return []entry{storage("\x06DataSpaces",
		stream("Version", prefixed("Microsoft.Container.DataSpaces"), versions),
		stream("DataSpaceMap", words(8, 1, uint32(4+len(reference))), reference),
		storage("DataSpaceInfo", stream(space, words(8, 1), prefixed(transform))),
		storage("TransformInfo", storage(transform, stream("\x06Primary",
			words(uint32(8+len(id)), 1), id, name, versions, words(0, 0, 0, 4)))), // no parameters of the cipher
	)}
}

func words(list ...uint32) (b []byte) {
	for _, n := range list {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// prefixed returns the length of a text in bytes and the text in UTF-16, padded to a multiple
// of 4 (UNICODE-LP-P4, 2.1.2).
func prefixed(text string) []byte {
	units := utf16.Encode([]rune(text))
	b := words(uint32(2 * len(units)))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return append(b, make([]byte, -len(b)&3)...)
}
