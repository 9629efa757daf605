package xlsxtest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Entry is one entry of a hand-made ZIP file. Its local header and its directory entry may
// be wrong.
type Entry struct {
	Name      string
	LocalName string // the same if empty
	Data      []byte // as stored
	Method    uint16
	Flags     uint16
	Packed    uint32 // as the directory says; the length of data when 0
	Unpacked  uint32 // as both headers say; the length of data when 0
	Local     uint32 // unpacked size in the local header, if it differs
	Crc       uint32 // of data when 0
	At        int    // use the local header of the entry with this index instead of its own, counting from 1
}

// Forged writes a ZIP file with the given headers, right or wrong.
func Forged(entries ...Entry) []byte {
	var out, dir bytes.Buffer
	le := binary.LittleEndian
	offsets := make([]int, len(entries))
	for i, e := range entries {
		e.fill()
		offsets[i] = out.Len()
		if e.At > 0 {
			offsets[i] = offsets[e.At-1]
		} else {
			h := append([]byte{}, "PK\x03\x04"...)
			h = le.AppendUint16(h, 20)
			h = e.common(h, e.Local)
			h = le.AppendUint16(le.AppendUint16(h, uint16(len(e.LocalName))), 0)
			out.Write(h)
			out.WriteString(e.LocalName)
			out.Write(e.Data)
		}
		d := append([]byte("PK\x01\x02"), 20, 0, 20, 0)
		d = e.common(d, e.Unpacked)
		d = le.AppendUint16(d, uint16(len(e.Name)))
		d = append(d, make([]byte, 12)...)
		d = le.AppendUint32(d, uint32(offsets[i]))
		dir.Write(d)
		dir.WriteString(e.Name)
	}
	at := out.Len()
	out.Write(dir.Bytes())
	end := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	end = le.AppendUint16(le.AppendUint16(end, uint16(len(entries))), uint16(len(entries)))
	end = le.AppendUint32(le.AppendUint32(end, uint32(dir.Len())), uint32(at))
	out.Write(append(end, 0, 0))
	return out.Bytes()
}

func (e *Entry) fill() {
	if e.LocalName == "" {
		e.LocalName = e.Name
	}
	if e.Packed == 0 {
		e.Packed = uint32(len(e.Data))
	}
	if e.Unpacked == 0 {
		e.Unpacked = uint32(len(e.Data))
	}
	if e.Local == 0 {
		e.Local = e.Unpacked
	}
	if e.Crc == 0 {
		e.Crc = crc32.ChecksumIEEE(e.Data)
	}
}

// common appends the fields of both headers, from flags to sizes.
func (e *Entry) common(h []byte, unpacked uint32) []byte {
	le := binary.LittleEndian
	h = le.AppendUint16(le.AppendUint16(h, e.Flags), e.Method)
	h = append(h, 0, 0, 0, 0)
	return le.AppendUint32(le.AppendUint32(le.AppendUint32(h, e.Crc), e.Packed), unpacked)
}
