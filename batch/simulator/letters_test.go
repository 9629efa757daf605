package simulator

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// readPDF checks the structure of a PDF file and returns its text, line by line, with its own parser.
func readPDF(t *testing.T, content []byte) string {
	t.Helper()
	_, table, found := bytes.Cut(content, []byte("\nxref\n0 "))
	if !bytes.HasPrefix(content, []byte("%PDF-1.")) || !bytes.HasSuffix(content, []byte("%%EOF\n")) || !found {
		t.Fatalf("not a PDF: %.80q", content)
	}
	for i, entry := range regexp.MustCompile(`(?m)^(\d{10}) 00000 n $`).FindAllSubmatch(table, -1) {
		at, _ := strconv.Atoi(string(entry[1]))
		if want := fmt.Sprintf("%d 0 obj\n", i+1); !bytes.HasPrefix(content[at:], []byte(want)) {
			t.Errorf("the table says that object %d is at %d: %.20q", i+1, at, content[at:])
		}
	}
	var text strings.Builder
	codes := map[string]string{}
	for _, stream := range regexp.MustCompile(`(?s)/Length (\d+) >>\nstream\n(.*?)\nendstream`).FindAllSubmatch(content, -1) {
		if n, _ := strconv.Atoi(string(stream[1])); n != len(stream[2]) {
			t.Errorf("a stream of %d bytes says %d", len(stream[2]), n)
		}
		z, err := zlib.NewReader(bytes.NewReader(stream[2]))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range regexp.MustCompile(`(?m)^<([0-9A-F]{4})> <([0-9A-F]+)>$`).FindAllSubmatch(plain, -1) {
			codes[string(entry[1])] = unicodeOf(string(entry[2]))
		}
		for _, op := range regexp.MustCompile(`\(((?:\\.|[^\\)])*)\) Tj|<([0-9A-F]+)> Tj|(T\*)`).FindAllSubmatch(plain, -1) {
			text.WriteString(regexp.MustCompile(`\\(.)`).ReplaceAllString(string(op[1]), "$1"))
			for code := range slices.Chunk(op[2], 4) {
				text.WriteString(codes[string(code)])
			}
			if op[3] != nil {
				text.WriteByte('\n')
			}
		}
	}
	return text.String()
}

// unicodeOf returns the text of UTF-16 in hexadecimal.
func unicodeOf(units string) string {
	var decoded []uint16
	for i := 0; i < len(units); i += 4 {
		unit, _ := strconv.ParseUint(units[i:i+4], 16, 16)
		decoded = append(decoded, uint16(unit))
	}
	return string(utf16.Decode(decoded))
}

// download returns the answer to a GET of a link.
func download(s *Simulator, link string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, link, nil))
	return w
}

// letterLink returns the link that DescribePhysicalConnectionLOA reports.
func letterLink(t *testing.T, s *Simulator, id string) string {
	t.Helper()
	loa, _ := described(t, s, id)
	link, _ := loa["LoaUrl"].(string)
	return link
}

func TestLettersSayWhatWasAppliedFor(t *testing.T) {
	company := `示例（集团）有限公司 & Söhne \ (Ltd) 😀 ` + strings.Repeat("长", 60)
	s := simulate(t, Options{Review: time.Hour, Now: func() time.Time { return time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC) }})
	p := application("pc-one", "1")
	p["CompanyName"] = company
	get(t, s, firstApply, p)
	if link := letterLink(t, s, "pc-one"); link != "" {
		t.Errorf("a link before the review: %s", link)
	}
	if _, err := s.Review("", "pc-one", ""); err != nil {
		t.Fatal(err)
	}
	link := letterLink(t, s, "pc-one")
	got := download(s, link)
	if got.Code != 200 || got.Header().Get("Content-Type") != "application/pdf" || got.Body.Len() > 8<<10 {
		t.Fatalf("%d, %d bytes: %v", got.Code, got.Body.Len(), got.Header())
	}
	text := readPDF(t, got.Body.Bytes())
	for _, want := range []string{"Letter of Authorization\n授权书\n", "Circuit / 物理专线: pc-one\n", "Region / 地域: cn-hangzhou\n", "Issued / 签发日期: 2030-01-02\n", "施工单位: Builder* ~ Ltd\n", "施工人员: 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, text)
		}
	}
	if !strings.Contains(strings.ReplaceAll(text, "\n", ""), "客户名称: "+company) {
		t.Errorf("the letter does not name the company:\n%s", text)
	}
	if strings.Contains(text, "Ming") || strings.Contains(text, "000000") {
		t.Errorf("the letter has personal data:\n%s", text)
	}
	again := download(s, letterLink(t, s, "pc-one"))
	if !bytes.Equal(got.Body.Bytes(), again.Body.Bytes()) {
		t.Error("the letter differs the second time")
	}
	if st := s.Stats(); st.Letters != (LetterStats{Requests: 2, Served: 2}) || st.Circuits[0].Letters != 2 {
		t.Errorf("stats %+v", st)
	}
	for _, state := range []string{Completing, Complete} {
		if _, err := s.Review("", "pc-one", state); err != nil || letterLink(t, s, "pc-one") == "" {
			t.Errorf("no letter while the LOA is %s: %v", state, err)
		}
	}
}

func TestLinksExpire(t *testing.T) {
	now := time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)
	s := simulate(t, Options{LetterLife: time.Minute, Now: func() time.Time { return now }})
	link := letterLink(t, s, "pc-available")
	now = now.Add(time.Minute - 1)
	if got := download(s, link); got.Code != 200 {
		t.Errorf("before its end: %d %s", got.Code, got.Body)
	}
	now = now.Add(1)
	if got := download(s, link); got.Code != 403 || !strings.Contains(got.Body.String(), "<Message>Request has expired.</Message>") {
		t.Errorf("after its end: %d %s", got.Code, got.Body)
	}
	if got := download(s, letterLink(t, s, "pc-available")); got.Code != 200 {
		t.Errorf("a new link: %d %s", got.Code, got.Body)
	}
	link = letterLink(t, s, "pc-available")
	for _, c := range []struct {
		change func(string) string
		status int
		code   string
	}{
		{func(l string) string { return strings.Replace(l, "Expires=1", "Expires=2", 1) }, 403, "SignatureDoesNotMatch"},
		{func(l string) string { return strings.Replace(l, "pc-available", "pc-other", 1) }, 403, "SignatureDoesNotMatch"},
		{func(l string) string { return l[:strings.Index(l, "?")] }, 403, "AccessDenied"},
		{func(l string) string { return strings.Replace(l, "Expires=", "Expires=x", 1) }, 403, "AccessDenied"},
	} {
		if got := download(s, c.change(link)); got.Code != c.status || !strings.Contains(got.Body.String(), "<Code>"+c.code+"</Code>") {
			t.Errorf("%s: %d %s", c.change(link), got.Code, got.Body)
		}
	}
	if r := send(t, s, "POST", link, ""); r.status != 405 || !strings.Contains(r.body, "MethodNotAllowed") {
		t.Errorf("POST: %d %s", r.status, r.body)
	}
	if r := send(t, s, "HEAD", link, ""); r.status != 200 {
		t.Errorf("HEAD: %d %s", r.status, r.body)
	}
	if _, err := s.Review("", "pc-available", Rejected); err != nil {
		t.Fatal(err)
	}
	if got := download(s, link); got.Code != 404 || !strings.Contains(got.Body.String(), "NoSuchKey") {
		t.Errorf("the link of an LOA that has since been rejected: %d %s", got.Code, got.Body)
	}
}

func TestWrongLetters(t *testing.T) {
	s := simulate(t, Options{})
	letter := func(id string) *httptest.ResponseRecorder {
		t.Helper()
		get(t, s, firstApply, application(id, id))
		if _, err := s.Review("", id, Available); err != nil {
			t.Fatal(err)
		}
		return download(s, letterLink(t, s, id))
	}
	for id, want := range map[string][2]string{
		"pc-wrongcircuit": {"pc-elsewhere01", "示例公司 Example & Co."}, "pc-wrongcompany": {"pc-wrongcompany", "Entirely Different Company Ltd"}, "pc-imageletter": {},
	} {
		text := readPDF(t, letter(id).Body.Bytes())
		if want[0] == "" && text != "" || want[0] != "" && (!strings.Contains(text, ": "+want[0]+"\n") || !strings.Contains(text, ": "+want[1]+"\n")) {
			t.Errorf("the letter of %s: %s", id, text)
		}
	}
	if got := letter("pc-pageletter"); got.Code != 200 || got.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasPrefix(got.Body.String(), "<!DOCTYPE") {
		t.Errorf("a page: %d %v %s", got.Code, got.Header(), got.Body)
	}
	if got := letter("pc-movedletter"); got.Code != 302 || got.Header().Get("Location") != "http://elsewhere.example.invalid/letter.pdf" {
		t.Errorf("a redirect: %d %v", got.Code, got.Header())
	}
	if got := letter("pc-expiredletter"); got.Code != 403 {
		t.Errorf("an expired link: %d %s", got.Code, got.Body)
	}
	if got := download(s, letterLink(t, s, "pc-expiredletter")); got.Code != 200 {
		t.Errorf("the next link: %d %s", got.Code, got.Body)
	}
}

func TestFaultsOfLetters(t *testing.T) {
	plan, err := ParseFaults("Letter/503:100%,latency:0s")
	if err != nil {
		t.Fatal(err)
	}
	s := simulate(t, Options{Faults: plan})
	if got := download(s, letterLink(t, s, "pc-available")); got.Code != 503 {
		t.Errorf("Letter/503: %d %s", got.Code, got.Body)
	}
	plan, _ = ParseFaults("503:100%")
	s = simulate(t, Options{Faults: plan, Script: func(r Request) (Fault, bool) { return Fault{}, r.API != letterAPI }})
	if got := download(s, letterLink(t, s, "pc-available")); got.Code != 200 {
		t.Errorf("a letter gets a fault meant for the APIs: %d", got.Code)
	}
	s = simulate(t, Options{Script: func(r Request) (Fault, bool) { return Fault{Kind: "drop"}, r.API == letterAPI && r.N == 1 }})
	link := letterLink(t, s, "pc-available")
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the connection is not closed")
			}
		}()
		download(s, link)
	}()
	if got := download(s, link); got.Code != 200 || s.Stats().Circuits[0].Letters != 1 {
		t.Errorf("the second download: %d", got.Code)
	}
	if st := s.Stats(); st.Requests != 2 || st.Answers["OK"] != 2 {
		t.Errorf("letters are counted as calls: %+v", st)
	}
}
