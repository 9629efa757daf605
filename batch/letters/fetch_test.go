package letters

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/durable"
)

// query is the part of a URL that makes it secret.
const query = "/private-path.pdf?Expires=1&Signature=made-up-signature"

// serve starts a server, and a fetcher that may use it.
func serve(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *Fetcher) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server, &Fetcher{Dir: filepath.Join(t.TempDir(), "letters"), Loopback: true, Agent: "loabatch/test", wait: 2 * time.Minute, read: unread, known: new(knownTexts)}
}

// unread takes every file for a letter with some text: only the tests of texts use PDFium.
func unread(context.Context, []byte) (text, unread string, err error) { return "made-up text", "", nil }

func send(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.Write(content) }
}

func request(address string) Request {
	return Request{URL: address, Region: "cn-hangzhou", InstanceID: chineseFacts.InstanceID}
}

// wantCode checks that an error has a code, and reveals nothing from the URL or the server.
func wantCode(t *testing.T, name string, err error, code string) {
	t.Helper()
	var own *Error
	if !errors.As(err, &own) || own.Code != code {
		t.Errorf("%s: %v, want %s", name, err, code)
		return
	}
	for _, secret := range []string{"made-up", "Signature", "private-path", "password"} {
		if text := fmt.Sprintf("%v %+v %#v %v", err, own, own, own.Args); strings.Contains(text, secret) {
			t.Errorf("%s: the error contains %q: %s", name, secret, text)
		}
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestFetch checks that a letter is kept under its name, readable only by its owner, and that nothing but the
// request is sent.
func TestFetch(t *testing.T) {
	var headers http.Header
	content := testFile(t, "chinese")
	server, f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		headers = r.Header
		w.Header().Set("Content-Type", "text/plain")         // only its bytes tell what it is
		w.Header().Set("Set-Cookie", "session=made-up")      // it is not sent back
		w.Header().Set("Content-Disposition", "../../x.exe") // nor is this name used
		w.Write(content)
	})
	f.read = nil
	defer f.Close()
	sum := sha256.Sum256(content)
	for range 2 { // the second time there is nothing to write
		l, err := f.Fetch(t.Context(), request(server.URL+query))
		if err != nil {
			t.Fatal(err)
		}
		if l.SHA256 != hex.EncodeToString(sum[:]) || l.Size != int64(len(content)) || l.Unread != "" || len(Compare(l.Text, chineseFacts)) > 0 {
			t.Errorf("%+v", l)
		}
		if want := filepath.Join(f.Dir, "LOA-cn-hangzhou-pc-bp1test0000000000001.pdf"); l.Path != want {
			t.Errorf("it is at %s, want %s", l.Path, want)
		}
		kept, err := os.ReadFile(l.Path)
		if err != nil || !bytes.Equal(kept, content) || !Kept(l.Path, l.SHA256) {
			t.Errorf("%d bytes were kept, %v", len(kept), err)
		}
		if private, err := durable.Private(l.Path); err != nil || !private {
			t.Errorf("private to its owner: %v, %v", private, err)
		}
	}
	if headers.Del("Connection"); len(headers) != 1 || headers.Get("User-Agent") != "loabatch/test" {
		t.Errorf("the request has %v", headers)
	}
	if names := files(t, f.Dir); len(names) != 1 {
		t.Errorf("the folder has %v", names)
	}
}

// TestAnotherLetter keeps a letter beside an earlier one that differs.
func TestAnotherLetter(t *testing.T) {
	var content []byte
	server, f := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(content) })
	var paths []string
	for _, name := range []string{"chinese", "english", "columns", "english", "chinese"} {
		content = testFile(t, name)
		l, err := f.Fetch(t.Context(), request(server.URL))
		if err != nil || !Kept(l.Path, l.SHA256) {
			t.Fatal(l.Path, err)
		}
		paths = append(paths, filepath.Base(l.Path))
	}
	sum := sha256.Sum256(testFile(t, "english"))
	if names := files(t, f.Dir); len(names) != 3 || paths[0] != "LOA-cn-hangzhou-pc-bp1test0000000000001.pdf" || paths[3] != paths[1] || paths[4] != paths[0] ||
		paths[1] != "LOA-cn-hangzhou-pc-bp1test0000000000001-"+hex.EncodeToString(sum[:6])+".pdf" {
		t.Errorf("%v: %v", names, paths)
	}
}

// TestOpen reads letters that were fetched before, each only once during a command, unless they have changed.
func TestOpen(t *testing.T) {
	server, f := serve(t, send(testFile(t, "english")))
	var read int
	f.read = func(context.Context, []byte) (text, unread string, err error) { read++; return "made-up text", "", nil }
	l, err := f.Fetch(t.Context(), request(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if opened, ok := f.Open(t.Context(), l.Path, l.SHA256); !ok || opened != l {
			t.Errorf("%+v, %v; want %+v", opened, ok, l)
		}
	}
	if read != 1 {
		t.Errorf("it was read %d times", read)
	}
	if err := os.WriteFile(l.Path, []byte("%PDF-1.4 made up"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{l.Path, l.Path + ".pdf", f.Dir} {
		if opened, ok := f.Open(t.Context(), path, l.SHA256); ok {
			t.Errorf("%s: %+v", path, opened)
		}
	}
}

// TestTaken checks that nothing is written over what is not a letter, or through a symbolic link.
func TestTaken(t *testing.T) {
	content := testFile(t, "english")
	server, f := serve(t, send(content))
	sum := sha256.Sum256(content)
	name := filepath.Join(f.Dir, "LOA-cn-hangzhou-pc-bp1test0000000000001")
	second := name + "-" + hex.EncodeToString(sum[:6]) + ".pdf"
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.MkdirAll(name+".pdf", 0o700); err != nil { // a folder
		t.Fatal(err)
	}
	if l, err := f.Fetch(t.Context(), request(server.URL)); err != nil || l.Path != second {
		t.Errorf("beside a folder: %s, %v", l.Path, err)
	}
	for _, target := range []string{outside, second + ".real"} { // to nothing, and to the same bytes
		if err := os.Remove(second); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(second+".real", content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, second); err != nil {
			t.Skip(err)
		}
		if info, err := os.Lstat(second); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Skip("this system does not tell symbolic links") // Wine
		}
		_, err := f.Fetch(t.Context(), request(server.URL))
		wantCode(t, "a symbolic link", err, codeTaken)
		if Kept(second, hex.EncodeToString(sum[:])) {
			t.Error("a symbolic link counts as a letter that was kept")
		}
	}
	if _, err := os.Lstat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was written through the link: %v", err)
	}
}

// TestLeftovers checks that leftovers of a killed run are removed, and that none are added.
func TestLeftovers(t *testing.T) {
	server, f := serve(t, send(testFile(t, "english")))
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(f.Dir, ".loabatch-123.tmp")
	if err := os.WriteFile(left, []byte("%PDF-half"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	l, err := f.Fetch(t.Context(), request(server.URL))
	if names := files(t, f.Dir); err != nil || len(names) != 1 || names[0] != filepath.Base(l.Path) {
		t.Errorf("%v, %v", names, err)
	}
}

// TestManyAtOnce fetches a letter several times at once: there is one file.
func TestManyAtOnce(t *testing.T) {
	server, f := serve(t, send(testFile(t, "english")))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := f.Fetch(t.Context(), request(server.URL)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if names := files(t, f.Dir); len(names) != 1 {
		t.Errorf("the folder has %v", names)
	}
}

// TestNames checks that no path from a row gets into a file name.
func TestNames(t *testing.T) {
	server, f := serve(t, send(testFile(t, "english")))
	l, err := f.Fetch(t.Context(), Request{URL: server.URL, Region: "../x", InstanceID: "pc-1/..\\2\x00.."})
	if want := filepath.Join(f.Dir, "LOA-___x-pc-1____2___.pdf"); err != nil || l.Path != want {
		t.Errorf("%s, %v; want %s", l.Path, err, want)
	}
}

const expiredXML = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired.</Message><Expires>made-up</Expires></Error>`

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// hijack answers with raw bytes, then does something with the connection.
func hijack(answer string, then func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, answer)
		if then != nil {
			then(conn)
		}
	}
}

// TestHostileServers checks that only complete letters are kept.
func TestHostileServers(t *testing.T) {
	trickle := func(conn net.Conn) {
		for {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	flood := func(conn net.Conn) {
		block := bytes.Repeat([]byte("%PDF-"), 1<<12)
		for {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}
	nothing := func(conn net.Conn) { io.Copy(io.Discard, conn) } // until the client leaves
	reset := func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) }
	letter := testFile(t, "english")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(letter)
	z.Write(make([]byte, 64<<20))
	z.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		code    string
		status  string
	}{
		"slow header":     {hijack("HTTP/1.1 200 OK\r\nX-", trickle), codeTimeout, ""},
		"slow body":       {hijack("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n%PDF-", trickle), codeTimeout, ""},
		"no answer":       {hijack("", nothing), codeTimeout, ""},
		"endless header":  {hijack("HTTP/1.1 200 OK\r\nX: ", flood), codeConnection, ""},
		"endless body":    {hijack("HTTP/1.1 200 OK\r\n\r\n", flood), codeTooLarge, ""},
		"endless chunks":  {func(w http.ResponseWriter, r *http.Request) { io.Copy(w, endless{}) }, codeTooLarge, ""},
		"claimed size":    {hijack("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n%PDF-", nil), codeTooLarge, ""},
		"cut off":         {hijack(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(letter)+1, letter), nil), codeConnection, ""},
		"reset":           {hijack("", reset), codeConnection, ""},
		"reset in body":   {hijack("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%PDF-", reset), codeConnection, ""},
		"repeats the URL": {hijack("HTTP/1.1 made-up-signature\r\n\r\n", nil), codeConnection, ""},
		"not HTTP":        {hijack("made-up-signature\r\n\r\n", nil), codeConnection, ""},
		"gzip bomb": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		}, codeNotPDF, ""},
		"gzip as it is":   {send(bomb.Bytes()), codeNotPDF, ""},
		"page":            {send([]byte("<html>made-up error %PDF-1.4 %%EOF</html>")), codeNotPDF, ""},
		"empty":           {send(nil), codeNotPDF, ""},
		"half a letter":   {send(letter[:len(letter)/2]), codeDamaged, ""},
		"not its content": {send([]byte("%PDF-1.7\nmade-up\n%%EOF\n")), codeDamaged, ""},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		}, codeRedirect, "302"},
		"permanent": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/made-up", http.StatusPermanentRedirect)
		}, codeRedirect, "308"},
		"not modified":     {status(304, ""), codeRedirect, "304"},
		"expired":          {status(403, expiredXML), codeExpired, "403"},
		"not there":        {status(404, "made-up"), codeExpired, "404"},
		"gone":             {status(410, ""), codeExpired, "410"},
		"sign in":          {status(401, string(letter)), codeStatus, "401"},
		"no content":       {status(204, ""), codeStatus, "204"},
		"a part":           {status(206, string(letter)), codeStatus, "206"},
		"failure":          {status(503, string(letter)), codeStatus, "503"},
		"asks for another": {status(101, ""), codeStatus, "101"},
	} {
		t.Run(name, func(t *testing.T) {
			server, f := serve(t, c.handler)
			f.limit = 1 << 20
			f.read = readText
			if c.code == codeTimeout {
				f.wait = 100 * time.Millisecond
			}
			_, err := f.Fetch(t.Context(), request(server.URL+query))
			wantCode(t, name, err, c.code)
			var own *Error
			if errors.As(err, &own) && (own.Expired() != (c.code == codeExpired) || own.Temporary() != (c.code == codeConnection || c.status == "503") || own.Args["status"] != c.status) {
				t.Errorf("expired: %v, temporary: %v, arguments %v", own.Expired(), own.Temporary(), own.Args)
			}
			if names := files(t, f.Dir); len(names) > 0 {
				t.Errorf("the folder has %v", names)
			}
		})
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, "%PDF-1.4 "), nil }

// TestURLs fetches from https URLs, and from plain ones to this machine if that is allowed.
func TestURLs(t *testing.T) {
	for _, address := range []string{
		"", "letter.pdf", "//host/x", "https:", "https:///x", "https:x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://example.com/made-up",
		"http://169.254.169.254/", "http://127.0.0.1.example.com/", "http://localhost.example/", "https://user:password@example.com/", "https://user@example.com/",
		"https://exa mple.com/made-up", "https://example.com:made-up/", "\x7fhttps://made-up", "javascript:alert(1)",
		"https://made\u202eup.example.com/", "https://%e2%80%aemade-up.example.com/", "https://" + strings.Repeat("made-up.", 40) + "example.com/", "https://[fe80::1%25eth0]/",
	} {
		f := &Fetcher{Dir: t.TempDir(), Loopback: true}
		_, err := f.Fetch(t.Context(), request(address))
		wantCode(t, address, err, codeURL)
	}
	server, f := serve(t, send(testFile(t, "english")))
	f.Loopback = false
	_, err := f.Fetch(t.Context(), request(server.URL))
	wantCode(t, "plain HTTP", err, codeURL)
	_, err = f.Fetch(t.Context(), request(strings.Replace(server.URL, "http:", "https:", 1)))
	wantCode(t, "this machine", err, codeAddress)
}

// TestTLS checks that certificates are verified.
func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(send(testFile(t, "english")))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	f := &Fetcher{Dir: t.TempDir(), Loopback: true, read: unread, known: new(knownTexts)}
	_, err := f.Fetch(t.Context(), request(server.URL+query))
	wantCode(t, "a certificate of its own", err, codeTLS)
	plain, _ := serve(t, send(nil))
	_, err = f.Fetch(t.Context(), request("https://"+plain.Listener.Addr().String()+query))
	wantCode(t, "plain HTTP at an https URL", err, codeConnection)
	f.roots = x509.NewCertPool()
	f.roots.AddCert(server.Certificate())
	if _, err := f.Fetch(t.Context(), request(server.URL)); err != nil {
		t.Error(err)
	}
	_, err = f.Fetch(t.Context(), request(strings.Replace(server.URL, "127.0.0.1", "localhost", 1)))
	wantCode(t, "a certificate for another name", err, codeTLS)
}

// TestAddresses tells public addresses from others.
func TestAddresses(t *testing.T) {
	for _, text := range []string{"8.8.8.8", "223.5.5.5", "::ffff:8.8.8.8", "2400:3200::1", "64:ff9b::808:808", "2002:808:808::1"} {
		if a := netip.MustParseAddr(text); !isPublic(a) {
			t.Errorf("%s is public", text)
		}
	}
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
		"2001::1", "2001:db8::1", "2002:a00:1::1", "2002:7f00:1::1", "fc00::1", "fd00:ec2::254", "fd00::1", "fe80::1", "fe80::1%eth0", "2400:3200::1%eth0", "fec0::1", "ff02::1",
	} {
		if a := netip.MustParseAddr(text); isPublic(a) {
			t.Errorf("%s is not public", text)
		}
	}
}

// nameServer answers each question with the next of its addresses, then the last.
func nameServer(t *testing.T, addresses ...string) (*net.Resolver, *atomic.Int32) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil && runtime.GOOS == "windows" {
		t.Skip(err) // Wine lacks an option of UDP that Go sets
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var asked atomic.Int32
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			end := 12 + bytes.IndexByte(packet[12:n], 0) + 5
			reply := append([]byte{packet[0], packet[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, packet[12:end]...)
			if kind := binary.BigEndian.Uint16(packet[end-4:]); kind == 1 {
				next := min(int(asked.Add(1)), len(addresses)) - 1
				a := netip.MustParseAddr(addresses[next]).As4()
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, a[0], a[1], a[2], a[3])
			}
			conn.WriteTo(reply, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

// TestRebinding refuses names that lead into a private network, even if they led elsewhere a moment ago.
func TestRebinding(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, private := range []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "100.100.100.200", "192.168.0.1", "0.0.0.0"} {
		resolver, asked := nameServer(t, "8.8.8.8", private)
		if list, err := resolver.LookupHost(t.Context(), "letters.example.com"); err != nil || list[0] != "8.8.8.8" {
			t.Fatal(list, err) // what a check before the request would see
		}
		f := &Fetcher{Dir: t.TempDir(), resolver: resolver, roots: x509.NewCertPool(), wait: 2 * time.Minute}
		f.roots.AddCert(server.Certificate())
		_, err := f.Fetch(t.Context(), request("https://letters.example.com:"+port+query))
		wantCode(t, private, err, codeAddress)
		var own *Error
		if errors.As(err, &own) && own.Args["address"] != private {
			t.Errorf("%s: %v", private, own.Args)
		}
		if asked.Load() != 2 {
			t.Errorf("%s: %d questions", private, asked.Load())
		}
	}
	if hits.Load() > 0 {
		t.Error("a private address was asked")
	}
}

// proxy is an HTTP proxy that connects every request to one address.
func proxy(t *testing.T, to string, status int) (address *url.URL, connects *atomic.Int32) {
	t.Helper()
	connects = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connects.Add(1)
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer there.Close()
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(there, here)
		io.Copy(here, there)
	}))
	t.Cleanup(server.Close)
	u, _ := url.Parse(server.URL)
	u.User = url.UserPassword("user", "password")
	return u, connects
}

// TestProxy uses the proxy of the environment, which resolves names. Addresses in the URL
// itself are checked first.
func TestProxy(t *testing.T) {
	server := httptest.NewTLSServer(send(testFile(t, "english")))
	defer server.Close()
	fetcher := func(address *url.URL) *Fetcher {
		f := &Fetcher{Dir: t.TempDir(), read: unread, known: new(knownTexts), roots: x509.NewCertPool(), proxy: func(*http.Request) (*url.URL, error) { return address, nil }}
		f.roots.AddCert(server.Certificate())
		return f
	}
	good, connects := proxy(t, server.Listener.Addr().String(), http.StatusOK)
	if _, err := fetcher(good).Fetch(t.Context(), request("https://example.com"+query)); err != nil || connects.Load() != 1 {
		t.Errorf("%d connections, %v", connects.Load(), err)
	}
	for _, private := range []string{"10.0.0.1", "169.254.169.254", "[fd00::1]", "127.0.0.1", "localhost"} {
		_, err := fetcher(good).Fetch(t.Context(), request("https://"+private+query))
		wantCode(t, private, err, codeAddress)
	}
	if connects.Load() != 1 {
		t.Error("the proxy was asked for a private address")
	}
	for name, f := range map[string]*Fetcher{
		"malformed": {Dir: t.TempDir(), proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("user:password") }},
		"closed":    fetcher(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}),
	} {
		_, err := f.Fetch(t.Context(), request("https://example.com"+query))
		wantCode(t, name, err, codeProxy)
	}
	for _, status := range []int{http.StatusProxyAuthRequired, http.StatusFound, http.StatusForbidden, http.StatusBadGateway} {
		bad, _ := proxy(t, "", status)
		_, err := fetcher(bad).Fetch(t.Context(), request("https://example.com"+query))
		wantCode(t, http.StatusText(status), err, codeProxy)
	}
}

// TestStopped ends with the cause of its context, however far it has come.
func TestStopped(t *testing.T) {
	stopped := errors.New("made-up signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	server, f := serve(t, hijack("HTTP/1.1 200 OK\r\n\r\n%PDF-", func(conn net.Conn) { cancel(stopped); io.Copy(io.Discard, conn) }))
	if _, err := f.Fetch(ctx, request(server.URL)); !errors.Is(err, stopped) {
		t.Errorf("%v, want the cause", err)
	}
}

// TestFolder checks what is said to be wrong with the folder.
func TestFolder(t *testing.T) {
	server, f := serve(t, send(testFile(t, "english")))
	if err := os.WriteFile(f.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := f.Fetch(t.Context(), request(server.URL))
	var own *Error
	if !errors.As(err, &own) || own.Code != codeFolder || own.Args["path"] != f.Dir || own.Unwrap() == nil {
		t.Errorf("a file in place of the folder: %v", err)
	}
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if err := f.fileError(&os.PathError{Op: "write", Path: "x", Err: full}); err.Code != codeFull {
			t.Errorf("%v: %v", full, err)
		}
	}
}
