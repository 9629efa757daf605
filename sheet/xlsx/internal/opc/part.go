package opc

import (
	"archive/zip"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// PartReader reads the unpacked bytes of a part. It returns io.EOF only if the whole part was
// read and has the size and the checksum of its directory entry; any other error is an
// *sheet.InputError with the part. It need not be closed.
type PartReader struct {
	container *Container
	name      string
	file      *zip.File
	src       io.Reader
	inflater  io.ReadCloser // src, when the part is packed
	read      uint64
	sum       hash.Hash32
	err       error
}

// open returns a reader of the unpacked bytes of a part.
func (c *Container) open(part string) (*PartReader, error) {
	f := c.File(part)
	if f == nil {
		return nil, xmltok.NewError("part-missing", "part", Quoted(part))
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, xmltok.NewError("zip-part-header", "part", Quoted(f.Name))
	}
	p := &PartReader{container: c, name: Quoted(f.Name), file: f, src: raw, sum: crc32.NewIEEE()}
	if f.Method == zip.Deflate && f.CompressedSize64 > 0 { // some programs write an empty part as 0 bytes
		if p.inflater, err = inflaterFor(raw); err != nil {
			return nil, xmltok.NewPartError("part-packing", p.name, 0)
		}
		p.src = p.inflater
	}
	return p, nil
}

// inflaters keeps decompressors for the next part: their tables and windows are larger
// than most parts.
var inflaters sync.Pool

// inflaterFor returns a decompressor of packed bytes. That of klauspost/compress takes 70% of
// the standard library's time.
func inflaterFor(raw io.Reader) (io.ReadCloser, error) {
	if used, ok := inflaters.Get().(io.ReadCloser); ok {
		return used, used.(flate.Resetter).Reset(raw, nil)
	}
	return flate.NewReader(raw), nil
}

// Read implements io.Reader.
func (p *PartReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.src.Read(b)
	p.sum.Write(b[:n])
	if p.read += uint64(n); p.read > p.file.UncompressedSize64 {
		p.err = xmltok.NewError("zip-part-size", "part", p.name)
		return 0, p.err
	}
	if err != nil {
		p.err = p.end(err)
		if p.inflater != nil {
			inflaters.Put(p.inflater)
			p.src, p.inflater = nil, nil
		}
	}
	return n, p.err
}

// end checks a part at the end of its source.
func (p *PartReader) end(err error) error {
	switch {
	case err == io.EOF && p.read == p.file.UncompressedSize64 && p.sum.Sum32() == p.file.CRC32:
		p.container.whole[p.file] = true
		return io.EOF
	case err == io.EOF && p.read == p.file.UncompressedSize64:
		return xmltok.NewError("part-checksum", "part", p.name)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return xmltok.NewPartError("part-truncated", p.name, int64(p.read))
	}
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		return xmltok.NewPartError("part-packing", p.name, int64(p.read))
	}
	return xmltok.NewPartError("part-unreadable", p.name, int64(p.read))
}

// OpenXML returns the tokens of a part. It limits the part's ratio, whatever its name.
func (c *Container) OpenXML(part string) (*xmltok.Tokenizer, error) {
	r, err := c.open(part)
	if err != nil {
		return nil, err
	}
	if err := c.checkRatio(r.file); err != nil {
		return nil, err
	}
	return xmltok.NewSized(r, r.name, r.file.UncompressedSize64), nil
}

// ReadSmall returns a whole part of at most limit bytes.
func (c *Container) ReadSmall(part string, limit int64) ([]byte, error) {
	r, err := c.open(part)
	if err != nil {
		return nil, err
	}
	if size := r.file.UncompressedSize64; size > uint64(limit) {
		return nil, xmltok.NewError("part-too-large", "part", r.name,
			"found", strconv.FormatUint(size, 10), "expected", strconv.FormatInt(limit, 10))
	}
	return io.ReadAll(r)
}

// CheckRest reads every part that was not read to its end: damage in a part that is only
// copied must be found before anything is sent.
func (c *Container) CheckRest() error {
	for _, f := range c.Zip.File {
		if c.whole[f] || strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := c.open(f.Name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
	}
	return nil
}

// Compressor returns a flate compressor that reuses its memory, which is larger than most
// parts, from part to part. Levels are those of klauspost/compress.
func Compressor(level int) zip.Compressor {
	var packer *flate.Writer
	return func(w io.Writer) (io.WriteCloser, error) {
		if packer != nil {
			packer.Reset(w)
			return packer, nil
		}
		var err error
		packer, err = flate.NewWriter(w, level)
		return packer, err
	}
}
