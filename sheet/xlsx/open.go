package xlsx

import (
	"archive/zip"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/klauspost/compress/flate"
)

// partReader gives the unpacked bytes of a part. io.EOF comes only when the part was
// read to its end and has the size and the checksum that the directory says;
// everything else is an *sheet.InputError naming the part. It holds no file open.
type partReader struct {
	name string
	file *zip.File
	src  io.Reader
	read uint64
	sum  hash.Hash32
	err  error
}

// open gives the unpacked bytes of a part.
func (c *container) open(part string) (*partReader, error) {
	f := c.file(part)
	if f == nil {
		return nil, fault("part-missing", "part", quoted(part))
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, fault("zip-part-header", "part", quoted(f.Name))
	}
	p := &partReader{name: quoted(f.Name), file: f, src: raw, sum: crc32.NewIEEE()}
	if f.Method == zip.Deflate && f.CompressedSize64 > 0 { // some programs write nothing at all for nothing
		p.src = flate.NewReader(raw)
	}
	return p, nil
}

// Read implements io.Reader.
func (p *partReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.src.Read(b)
	p.sum.Write(b[:n])
	if p.read += uint64(n); p.read > p.file.UncompressedSize64 {
		p.err = fault("zip-part-size", "part", p.name)
		return 0, p.err
	}
	if err != nil {
		p.err = p.ending(err)
	}
	return n, p.err
}

// ending says how a part ended whose source gives no more.
func (p *partReader) ending(err error) error {
	switch {
	case err == io.EOF && p.read == p.file.UncompressedSize64 && p.sum.Sum32() == p.file.CRC32:
		return io.EOF
	case err == io.EOF && p.read == p.file.UncompressedSize64:
		return fault("part-checksum", "part", p.name)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return partFault("part-truncated", p.name, int64(p.read))
	}
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		return partFault("part-packing", p.name, int64(p.read))
	}
	return fault("file-unreadable", "part", p.name, "place", strconv.FormatUint(p.read, 10))
}

// openXML gives the tokens of a part.
func (c *container) openXML(part string) (*tokenizer, error) {
	r, err := c.open(part)
	if err != nil {
		return nil, err
	}
	return newTokenizer(r, r.name), nil
}

// readSmall gives a whole part that is bounded by its very nature, such as a list of
// relationships; a longer one is refused.
func (c *container) readSmall(part string, limit int64) ([]byte, error) {
	r, err := c.open(part)
	if err != nil {
		return nil, err
	}
	if size := r.file.UncompressedSize64; size > uint64(limit) {
		return nil, fault("part-too-large", "part", r.name,
			"found", strconv.FormatUint(size, 10), "expected", strconv.FormatInt(limit, 10))
	}
	return io.ReadAll(r)
}
