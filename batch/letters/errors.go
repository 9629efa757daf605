package letters

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/loabatch/loabatch/batch/network"
)

// The codes of errors, for which the catalogue has sentences, with their arguments.
const (
	codeURL        = "letter-url"        // not an https URL, or one with a user
	codeAddress    = "letter-address"    // {address} is not public
	codeProxy      = "letter-proxy"      // the proxy cannot be used
	codeTLS        = "letter-tls"        // {host} has no certificate that can be verified
	codeConnection = "letter-connection" // no connection to {host}, or it broke
	codeTimeout    = "letter-timeout"    // {host} did not deliver it within {limit} seconds
	codeRedirect   = "letter-redirect"   // {host} sent us elsewhere
	codeExpired    = "letter-expired"    // HTTP {status}: the link is no longer valid
	codeStatus     = "letter-status"     // HTTP {status}
	codeTooLarge   = "letter-too-large"  // more than {limit} MiB
	codeNotPDF     = "letter-not-pdf"    // something else, such as a page that reports an error
	codeDamaged    = "letter-damaged"    // a PDF that is incomplete or cannot be opened
	codeFull       = "letter-disk-full"  // no space in the folder
	codeFolder     = "letter-folder"     // the folder {path} cannot be written: {reason}
	codeTaken      = "letter-taken"      // {path} is not a letter, and is not replaced
)

// Error says why there is no letter. It contains neither the URL nor anything that a server sent.
type Error struct {
	Code string            // of the catalogue
	Args map[string]string // for the placeholders of its sentence

	cause error // an error of this machine's file system, or nil
}

// Error returns the code, and the cause on this machine.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code
}

// Unwrap returns an error of the file system, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Expired reports whether the API may provide a new URL for the same letter.
func (e *Error) Expired() bool { return e.Code == codeExpired }

// Temporary reports whether the same request may soon succeed: the connection broke, or the server was busy. A
// server that used up the time limit gets no second chance.
func (e *Error) Temporary() bool {
	status := e.Args["status"]
	return e.Code == codeConnection || e.Code == codeStatus && (status == "429" || strings.HasPrefix(status, "5"))
}

func refuse(code string, args ...string) *Error {
	e := &Error{Code: code, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i]] = args[i+1]
	}
	return e
}

// errProxy says that an environment variable is not a valid proxy URL, or that the proxy did not connect us. It
// does not quote the URL, which may contain a password.
var errProxy = errors.New("letters: the proxy cannot be used")

// transferError classifies an error of net/http. These quote the URL, and what the server sent, so they are not
// wrapped.
func (f *Fetcher) transferError(ctx context.Context, err error, host string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // the caller's
	}
	var own *Error
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, errProxy), network.ProxyFailed(err):
		return refuse(codeProxy)
	case isTLS(err):
		return refuse(codeTLS, "host", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return refuse(codeTimeout, "host", host, "limit", strconv.Itoa(int(f.timeout().Seconds())))
	}
	return refuse(codeConnection, "host", host)
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert)
}

// statusError classifies an answer that is not 200. OSS answers 403 once a signed URL has
// expired; 404 and 410 say that the letter is gone.
func statusError(status int, host string) *Error {
	text := strconv.Itoa(status)
	switch {
	case status/100 == 3:
		return refuse(codeRedirect, "host", host, "status", text)
	case status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusGone:
		return refuse(codeExpired, "host", host, "status", text)
	}
	return refuse(codeStatus, "host", host, "status", text)
}

// fileError classifies an error of the folder. Its {reason} is filled in by whoever has words for errors of the
// operating system: see [Error.Unwrap].
func (f *Fetcher) fileError(err error) *Error {
	e := refuse(codeFolder, "path", f.Dir)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		e = refuse(codeFull)
	}
	e.cause = err
	return e
}
