package crypt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/richardlehane/mscfb"
)

// TestContainers writes and checks compound files whose sizes are around those at which a
// table needs one more sector.
func TestContainers(t *testing.T) {
	sizes := []int{0, 1, 63, 64, 65, miniCutoff - 1, miniCutoff, miniCutoff + 1}
	for _, fats := range []int{1, 2, headerFATs, headerFATs + 1, headerFATs + 127, headerFATs + 128, headerFATs + 129} {
		for around := -16; around <= -11; around++ { // 9 sectors before the package, and the free ones
			sizes = append(sizes, max(0, fats*sectorSize/numberSize+around-fats)*sectorSize)
		}
	}
	for _, n := range sizes {
		content := make([]byte, n)
		for i := 0; i < n; i += 61 {
			content[i] = byte(i >> 6)
		}
		b := containerOf(t, append(dataSpaces(), stream(infoStream, make([]byte, 1289)), stream(packageStream, content))...)
		checkContainer(t, b)
		f, err := openCompound(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if got, err := f.read(packageStream, int64(n)); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes: %d, %v", n, len(got), err)
		}
	}
}

// checkContainer checks that every sector of a file is in the FAT exactly once, with its
// kind, that the sectors for a text at the end are free, and that the directory is a sorted
// red-black tree.
func checkContainer(t *testing.T, b []byte) {
	t.Helper()
	le := binary.LittleEndian
	if len(b)%sectorSize != 0 || le.Uint16(b[26:]) != 3 {
		t.Fatalf("%d bytes, version %d", len(b), le.Uint16(b[26:]))
	}
	sector := func(n uint32) []byte { return b[(int(n)+1)*sectorSize:][:sectorSize] }
	use := make([]uint32, len(b)/sectorSize-1) // the kind of each sector, by the lists that lead to it
	var fat []uint32
	addFAT := func(n uint32) {
		use[n] = fatSector
		for s := sector(n); len(s) > 0; s = s[numberSize:] {
			fat = append(fat, le.Uint32(s))
		}
	}
	fats := int(le.Uint32(b[44:]))
	for i := range min(fats, headerFATs) {
		addFAT(le.Uint32(b[76+4*i:]))
	}
	difat, rest := le.Uint32(b[68:]), fats-headerFATs
	for range le.Uint32(b[72:]) {
		use[difat] = difatSector
		s := sector(difat)
		for i := 0; i < sectorSize/numberSize-1 && rest > 0; i++ {
			addFAT(le.Uint32(s[4*i:]))
			rest--
		}
		difat = le.Uint32(s[sectorSize-numberSize:])
	}
	if difat != endOfChain || rest > 0 {
		t.Fatalf("the list of FAT sectors ends with %x, %d left", difat, rest)
	}
	if len(fat) < len(use)+FreeSectors {
		t.Fatalf("the FAT has %d entries for %d sectors", len(fat), len(use))
	}
	follow := func(n uint32, want int) {
		for ; n != endOfChain; n = fat[n] {
			if use[n] != 0 {
				t.Fatalf("sector %d is used twice", n)
			}
			use[n], want = 1, want-1
		}
		if want != 0 {
			t.Fatalf("a chain is %d sectors too short", want)
		}
	}
	directory := le.Uint32(b[48:])
	entries := sector(directory)
	for n := fat[directory]; n != endOfChain; n = fat[n] {
		entries = append(entries[:len(entries):len(entries)], sector(n)...)
	}
	follow(directory, len(entries)/sectorSize)
	follow(le.Uint32(b[60:]), int(le.Uint32(b[64:])))
	seen := 0
	for at := 0; at < len(entries); at += entrySize {
		size := int(le.Uint32(entries[at+sizeAt:]))
		if kind := entries[at+typeAt]; size >= miniCutoff || kind == typeRoot && size > 0 {
			follow(le.Uint32(entries[at+startAt:]), sectors(size))
			seen++
		}
	}
	for n, kind := range use {
		next := fat[n]
		if kind == 0 || kind > 1 && next != kind {
			t.Fatalf("sector %d of %d is used as %x, and the FAT says %x", n, len(use), kind, next)
		}
	}
	for _, next := range fat[len(use):] {
		if next != freeSector {
			t.Fatalf("a sector after the end is %x", next)
		}
	}
	checkTree(t, entries)
}

// checkTree checks the siblings of each storage.
func checkTree(t *testing.T, entries []byte) {
	t.Helper()
	le := binary.LittleEndian
	visited := map[uint32]bool{}
	var visit func(id uint32, underRed bool) (blacks int, last string)
	visit = func(id uint32, underRed bool) (int, string) {
		if id == noEntry {
			return 0, ""
		}
		e := entries[id*entrySize:][:entrySize]
		isRed := e[colourAt] == red
		if visited[id] || isRed && underRed {
			t.Fatalf("entry %d appears twice, or is red under red", id)
		}
		visited[id] = true
		left, _ := visit(le.Uint32(e[leftAt:]), isRed)
		right, _ := visit(le.Uint32(e[rightAt:]), isRed)
		if left != right {
			t.Fatalf("entry %d has %d black ones on the left and %d on the right", id, left, right)
		}
		visit(le.Uint32(e[childAt:]), false)
		if !isRed {
			left++
		}
		return left, ""
	}
	visit(0, false)
	for id := range uint32(len(entries) / entrySize) {
		if (entries[id*entrySize+typeAt] != 0) != visited[id] {
			t.Errorf("entry %d of type %d, visited %v", id, entries[id*entrySize+typeAt], visited[id])
		}
	}
}

// TestVersion4 reads a compound file with sectors of 4,096 bytes, which some programs write.
func TestVersion4(t *testing.T) {
	v := readVectors(t)
	const size = 4096
	le := binary.LittleEndian
	streams := []struct {
		name    string
		content []byte
	}{
		{infoStream, append(bytes.Clone(v.Vectors[0].Info), bytes.Repeat([]byte(" "), size)...)}, // too large for the mini stream
		{packageStream, v.Vectors[0].Package},
	}
	b := make([]byte, 3*size) // the header, the FAT and the directory
	copy(b, Signature)
	for at, n := range map[int]uint16{24: 0x3E, 26: 4, 28: 0xFFFE, 30: 12, 32: 6} {
		le.PutUint16(b[at:], n)
	}
	for at, n := range map[int]uint32{40: 1, 44: 1, 48: 1, 56: miniCutoff, 60: endOfChain, 68: endOfChain} {
		le.PutUint32(b[at:], n)
	}
	for i := 1; i < headerFATs; i++ {
		le.PutUint32(b[76+4*i:], freeSector)
	}
	fat := []uint32{fatSector, endOfChain}
	entry := func(id int, name string, kind byte, child, right uint32) []byte {
		e := b[2*size+id*entrySize:][:entrySize]
		for i := range name {
			e[2*i] = name[i]
		}
		le.PutUint16(e[nameSizeAt:], uint16(2*len(name)+2))
		e[typeAt], e[colourAt] = kind, black
		le.PutUint32(e[leftAt:], noEntry)
		le.PutUint32(e[rightAt:], right)
		le.PutUint32(e[childAt:], child)
		return e
	}
	le.PutUint32(entry(0, "Root Entry", typeRoot, 1, noEntry)[startAt:], endOfChain)
	for i, s := range streams {
		right := uint32(noEntry)
		if i == 0 {
			right = 2
		}
		e := entry(1+i, s.name, typeStream, noEntry, right)
		le.PutUint32(e[startAt:], uint32(len(fat)))
		le.PutUint64(e[sizeAt:], uint64(len(s.content)))
		fat = appendChain(fat, (len(s.content)+size-1)/size)
		b = append(b, s.content...)
		b = append(b, make([]byte, -len(b)&(size-1))...)
	}
	for i := range size / numberSize {
		n := uint32(freeSector)
		if i < len(fat) {
			n = fat[i]
		}
		le.PutUint32(b[size+4*i:], n)
	}
	plain, _, err := decryptBytes(b, password(t, v.Password))
	if err != nil || !bytes.Equal(plain, v.Plain) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
}

// TestLongDirectory checks that a directory longer than any workbook's is refused.
func TestLongDirectory(t *testing.T) {
	var children []entry
	for i := range 20_001 {
		children = append(children, stream(fmt.Sprint("s", i), nil))
	}
	b := containerOf(t, append(children, stream(packageStream, []byte("x")))...)
	if Encrypted(bytes.NewReader(b), int64(len(b))) {
		t.Error("it was read")
	}
	b = containerOf(t, append(children[:1000], stream(packageStream, []byte("x")))...)
	if !Encrypted(bytes.NewReader(b), int64(len(b))) {
		t.Error("a directory of 1,000 entries is refused")
	}
}

// TestManySiblings checks that the trees of storages of many sizes are sorted and balanced.
func TestManySiblings(t *testing.T) {
	for n := range 20 {
		var children []entry
		for i := range n {
			children = append(children, stream(string(rune('a'+i))+"bcdefghij"[:i%7], []byte{byte(i)}))
		}
		b := containerOf(t, children...)
		checkContainer(t, b)
		d, err := mscfb.New(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		var names []sibling
		for _, f := range d.File[1:] {
			content, err := io.ReadAll(f)
			if err != nil || len(content) != 1 || f.Name[0] != 'a'+content[0] {
				t.Errorf("%s has %v, %v", f.Name, content, err)
			}
			names = append(names, sibling{name: f.Name})
		}
		if len(names) != n {
			t.Errorf("%d entries of %d", len(names), n)
		}
		for i := 1; i < len(names); i++ {
			if compareNames(names[i-1], names[i]) >= 0 {
				t.Errorf("%v come out of order", names)
			}
		}
	}
}
