package letters

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch/network"
)

// Limits of one letter. Letters are a page or two, some of them scanned: 20 MiB is a hundred
// pages of scans, and takes a minute at 3 Mbit/s.
const (
	MaxSize = 20 << 20 // bytes
	Timeout = time.Minute
)

// Fetcher fetches letters into a folder, which it creates if it is missing. It may be used by
// several goroutines; letters are downloaded at the same time, and read one by one.
//
// A letter is named LOA-<region>-<circuit>.pdf. If a file of that name has other content, as after a second
// review, the letter is named LOA-<region>-<circuit>-<hash>.pdf, with the first 12 digits of its SHA-256:
// the one that may have been sent to the carrier stays unchanged. Only the owner can read the files
// (0600). If the same content is already there, under either name, nothing is written.
type Fetcher struct {
	Dir      string // where letters are kept
	Loopback bool   // letters may be on this machine, even over plain http: for the simulator
	Agent    string // the User-Agent; may be empty

	reader   sandbox
	known    *knownTexts                                                    // nil means the process's
	read     func(context.Context, []byte) (text, unread string, err error) // nil means the reader's
	limit    int64                                                          // bytes; 0 means MaxSize
	wait     time.Duration                                                  // of the whole transfer; 0 means Timeout
	resolver *net.Resolver
	roots    *x509.CertPool
	proxy    func(*http.Request) (*url.URL, error) // nil means the environment's
}

// Request says which letter is wanted.
type Request struct {
	URL        string // where it is, according to the API
	Region     string
	InstanceID string // of the circuit
}

// Letter is a letter on this machine.
type Letter struct {
	Path   string
	SHA256 string // of the file, in hex
	Size   int64  // bytes
	Text   string // its text, in the order of the file; empty if Unread is not
	Unread string // the catalogue's code for why its text cannot be read; empty if it can
}

// Fetch fetches one letter, keeps it and reads its text, without retrying. The error is an [*Error], or the cause
// of ctx once ctx has ended.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (Letter, error) {
	body, err := f.download(ctx, r.URL)
	if err != nil {
		return Letter{}, err
	}
	if err := checkShape(body); err != nil {
		return Letter{}, err
	}
	sum := digest(body)
	text, unread, err := f.text(ctx, body, sum)
	if err != nil {
		return Letter{}, err
	}
	l := Letter{SHA256: sum, Size: int64(len(body)), Text: text, Unread: unread}
	l.Path, err = f.keep(r, body, l.SHA256)
	if err != nil {
		return Letter{}, err
	}
	return l, nil
}

// Limits of the texts that a process remembers: a watching run reads the same letters again and again, and reading
// one takes a tenth of a second.
const (
	maxKnown     = 10_000
	maxKnownText = 8 << 10 // bytes of each
)

// knownTexts are the texts of letters that were read before, by their SHA-256.
type knownTexts struct {
	mu    sync.Mutex
	texts map[string][2]string // text, unread
}

var processTexts knownTexts

// text returns the text of a letter.
func (f *Fetcher) text(ctx context.Context, body []byte, sum string) (text, unread string, err error) {
	known := f.known
	if known == nil {
		known = &processTexts
	}
	known.mu.Lock()
	read, ok := known.texts[sum]
	known.mu.Unlock()
	if ok {
		return read[0], read[1], nil
	}
	if f.read != nil {
		text, unread, err = f.read(ctx, body)
	} else {
		text, unread, err = f.reader.read(ctx, body, maxTime)
	}
	if err == nil && unread != unreadLimits {
		known.add(sum, text, unread)
	}
	return text, unread, err
}

func (k *knownTexts) add(sum, text, unread string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(text) > maxKnownText || len(k.texts) >= maxKnown {
		return
	}
	if k.texts == nil {
		k.texts = map[string][2]string{}
	}
	k.texts[sum] = [2]string{text, unread}
}

// Close frees the memory of the PDF reader, but not the compiled PDFium, 130 MB, which is kept for other fetchers of
// the process. The fetcher can be used again.
func (f *Fetcher) Close() { f.reader.close() }

func (f *Fetcher) timeout() time.Duration {
	if f.wait > 0 {
		return f.wait
	}
	return Timeout
}

func (f *Fetcher) size() int64 {
	if f.limit > 0 {
		return f.limit
	}
	return MaxSize
}

// download returns the content at a URL.
func (f *Fetcher) download(ctx context.Context, address string) ([]byte, error) {
	u, err := f.parse(address)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, f.timeout())
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, refuse(codeURL)
	}
	request.Header.Set("User-Agent", f.Agent)
	transport, err := f.transport(request)
	if err != nil {
		return nil, f.transferError(ctx, err, u.Hostname())
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return nil, f.transferError(ctx, err, u.Hostname())
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, statusError(answer.StatusCode, u.Hostname())
	}
	body, err := f.receive(answer)
	if err != nil {
		return nil, f.transferError(ctx, err, u.Hostname())
	}
	return body, nil
}

// parse checks the URL of a letter. Errors do not quote it.
func (f *Fetcher) parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil || !isPlainHost(u.Hostname()) {
		return nil, refuse(codeURL)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && f.Loopback && network.IsLoopback(u.Hostname())) {
		return nil, refuse(codeURL)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// isPlainHost reports whether a host, which messages quote, is a DNS name or an address.
func isPlainHost(host string) bool {
	return len(host) <= 253 && strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == ""
}

// transport returns a transport for one request. Its connections are used once.
func (f *Fetcher) transport(r *http.Request) (*http.Transport, error) {
	allowed := reach{public: r.URL.Scheme == "https", loopback: f.Loopback}
	dialer := &net.Dialer{Resolver: f.resolver, Control: allowed.control}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: f.roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	proxy, err := f.proxyOf(r)
	if err != nil || proxy == nil {
		return t, err
	}
	if a, err := netip.ParseAddr(r.URL.Hostname()); err == nil && !allowed.allows(a) {
		return nil, refuse(codeAddress, "address", a.String())
	}
	dialer.Control = nil // the proxy is the user's choice, and usually at a private address
	t.Proxy = http.ProxyURL(proxy)
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return errProxy
		}
		return nil
	}
	return t, nil
}

// proxyOf returns the proxy for a request, or nil: this machine is never reached through one.
func (f *Fetcher) proxyOf(r *http.Request) (*url.URL, error) {
	if network.IsLoopback(r.URL.Hostname()) {
		return nil, nil
	}
	choose := f.proxy
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	proxy, err := choose(r)
	if err != nil {
		return nil, errProxy // err has the variable's value, which may have a password
	}
	return proxy, nil
}

// receive reads the body of an answer, up to the limit.
func (f *Fetcher) receive(answer *http.Response) ([]byte, error) {
	tooLarge := refuse(codeTooLarge, "limit", strconv.FormatInt(max(1, f.size()>>20), 10))
	if answer.ContentLength > f.size() {
		return nil, tooLarge
	}
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, refuse(codeNotPDF) // we asked for no compression, and decompress nothing
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, f.size()+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > f.size() {
		return nil, tooLarge
	}
	return body, nil
}
