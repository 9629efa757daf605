package letters

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// The codes of [Letter.Unread].
const (
	unreadNoText    = "letter-no-text"     // a scan, or fonts without a map to characters
	unreadEncrypted = "letter-encrypted"   // it opens with a password
	unreadLimits    = "letter-text-failed" // reading failed, or exceeded the limits below
)

// Limits of reading one letter. A letter of one page takes a tenth of a second, and longer on a busy machine.
const (
	maxMemory = 96 << 20 // bytes of the sandbox, the file included
	maxPages  = 50
	maxText   = 1 << 20 // bytes
	maxTime   = time.Minute
	wasmPage  = 64 << 10
)

// checkShape checks that bytes begin and end like a PDF. The end may be followed by up to a kilobyte of something
// else, as readers allow (ISO 32000-1, annex H.3, notes 13 and 18).
func checkShape(pdf []byte) error {
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return refuse(codeNotPDF)
	}
	if !bytes.Contains(pdf[max(0, len(pdf)-1024):], []byte("%%EOF")) {
		return refuse(codeDamaged)
	}
	return nil
}

// sandbox runs PDFium. It reads one file at a time, so its memory is needed only once.
type sandbox struct {
	mu   sync.Mutex
	pool pdfium.Pool        // nil until the first file, and after a file that had to be stopped
	stop context.CancelFunc // stops what runs in the pool
}

// compiled keeps the compiled PDFium for the sandboxes after the first: a process that reads no letter pays nothing
// for it. It has no goroutines and no channels.
var compiled = sync.OnceValue(wazero.NewCompilationCache)

// read returns the text of a PDF, or the code for why it cannot be read. The error means a damaged file, or is the
// cause of ctx once ctx has ended.
func (s *sandbox) read(ctx context.Context, pdf []byte, limit time.Duration) (text, unread string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, opened, err := s.run(ctx, pdf, limit)
	switch {
	case ctx.Err() != nil:
		return "", "", context.Cause(ctx)
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return "", unreadEncrypted, nil
	case err != nil && !opened:
		return "", "", refuse(codeDamaged)
	case err != nil:
		return "", unreadLimits, nil
	case !isLegible(text):
		return "", unreadNoText, nil
	}
	return text, "", nil
}

// run reads a file in the sandbox until ctx ends, or until the limit has passed since the sandbox was ready. A
// sandbox that may be in an odd state is discarded.
func (s *sandbox) run(ctx context.Context, pdf []byte, limit time.Duration) (text string, opened bool, err error) {
	if err := s.start(); err != nil {
		return "", true, err // says nothing about the file
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	unregister := context.AfterFunc(ctx, s.stop)
	text, opened, err = s.extract(pdf)
	if !unregister() || err != nil {
		s.discard()
	}
	return text, opened, err
}

// start makes the sandbox: no files, no arguments, no environment, and memory that is never
// more than the limit. Compiling PDFium to machine code would take seconds; interpreted, it
// is fast enough for letters.
func (s *sandbox) start() error {
	if s.pool != nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	pool, err := webassembly.Init(webassembly.Config{
		Context:  ctx,
		MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(),
		Stdout:   io.Discard, Stderr: io.Discard, RandomSource: rand.Reader,
		RuntimeConfig: wazero.NewRuntimeConfigInterpreter().
			WithCompilationCache(compiled()).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
			WithMemoryLimitPages(maxMemory / wasmPage).
			WithCloseOnContextDone(true),
	})
	if err != nil {
		stop()
		return err
	}
	s.pool, s.stop = pool, stop
	return nil
}

func (s *sandbox) discard() {
	s.stop()
	_ = s.pool.Close() // it is not used again
	s.pool = nil
}

// close frees the memory. The next file makes a new sandbox.
func (s *sandbox) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		s.discard()
	}
}

var errLimits = errors.New("letters: too many pages or too much text")

// extract reads a file in a new instance of PDFium, which is then discarded. opened says that it is a PDF whose
// first page is not known to be damaged.
func (s *sandbox) extract(pdf []byte) (text string, opened bool, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("letters: the PDF reader: %v", e)
		}
	}()
	instance, err := s.pool.GetInstance(maxTime)
	if err != nil {
		return "", true, err // as in run
	}
	defer instance.Close()
	document, err := instance.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		return "", false, err
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: document.Document})
	if err != nil || count.PageCount < 1 {
		return "", false, errors.Join(err, pdferrors.ErrFormat)
	}
	_, err = instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: document.Document})
	if err != nil {
		return "", !errors.Is(err, pdferrors.ErrPage), err // otherwise it may only have been stopped
	}
	var all strings.Builder
	for i := range count.PageCount {
		text, err := pageText(instance, document.Document, i)
		if err != nil {
			return "", true, err
		}
		if i >= maxPages || all.Len()+len(text) > maxText {
			return "", true, errLimits
		}
		all.WriteString(text)
		all.WriteByte('\n')
	}
	return strings.ToValidUTF8(all.String(), "\uFFFD"), true, nil
}

// pageText returns the text of one page. FPDFText_GetText handles characters beyond the basic plane, which occur in
// names of companies; GetPageText splits them.
func pageText(instance pdfium.Pdfium, document references.FPDF_DOCUMENT, i int) (string, error) {
	page, err := instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{
		Page: requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: i}},
	})
	if err != nil {
		return "", err
	}
	count, err := instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: page.TextPage})
	if err != nil {
		return "", err
	}
	if count.Count > maxText {
		return "", errLimits
	}
	text, err := instance.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: page.TextPage, Count: count.Count})
	if err != nil {
		return "", err
	}
	if _, err := instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: page.TextPage}); err != nil {
		return "", err
	}
	return strings.ReplaceAll(text.Text, "\x00", ""), nil // it ends with one
}

// isLegible reports whether a text consists of words, rather than mostly of characters to which a font gives no
// meaning.
func isLegible(text string) bool {
	var letters, unknown int
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r == unicode.ReplacementChar || unicode.Is(unicode.Co, r) || r < ' ' && r != '\r' && r != '\n' && r != '\t' && r != hyphenMark:
			unknown++
		}
	}
	return letters >= 10 && unknown <= letters/4
}
