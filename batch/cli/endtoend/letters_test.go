package endtoend_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// letterPDF is a letter of one page with a line of text, or the PDF with other objects.
func letterPDF(line string, more ...string) string {
	content := "BT /F1 12 Tf 50 700 Td (" + line + ") Tj ET"
	objects := append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}, more...)
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	return b.String() + "trailer\n<< /Root 1 0 R >>\n%%EOF\n" // readers find the objects without a table
}

const goodLine = "Example Networks Ltd may build {id}"

// badLetters has what the link to the letter of a circuit leads to, for each sentence about it.
var badLetters = map[string]func(w http.ResponseWriter, r *http.Request){
	"letter-redirect": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
	},
	"letter-expired":       answerWith(http.StatusForbidden, "<Error><Code>AccessDenied</Code></Error>"),
	"letter-status":        answerWith(http.StatusServiceUnavailable, ""),
	"letter-too-large":     func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "99999999") },
	"letter-not-pdf":       answerWith(http.StatusOK, "<html>Sign in first</html>"),
	"letter-damaged":       answerWith(http.StatusOK, "%PDF-1.4\n%%EOF\n"),
	"letter-connection":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"letter-no-text":       answerWith(http.StatusOK, letterPDF("")),
	"letter-encrypted":     answerWith(http.StatusOK, lockedPDF),
	"letter-text-failed":   answerWith(http.StatusOK, strings.Replace(letterPDF("Many pages"), "/Kids [3 0 R] /Count 1", "/Kids ["+strings.Repeat("3 0 R ", 60)+"] /Count 60", 1)),
	"letter-other-circuit": answerWith(http.StatusOK, letterPDF("Example Networks Ltd may build pc-another000001")),
	"letter-no-circuit":    answerWith(http.StatusOK, letterPDF("Example Networks Ltd may build here")),
	"letter-other-company": answerWith(http.StatusOK, letterPDF("Company name: Sample Trading Ltd, circuit {id}")),
	"letter-no-company":    answerWith(http.StatusOK, letterPDF("Whoever may build {id}")),
	"letter-taken":         answerWith(http.StatusOK, letterPDF(goodLine)),
	"letter-url":           nil,
	"letter-address":       nil,
	"letter-tls":           nil,
}

// lockedPDF is encrypted with RC4 and a password that nobody knows.
var lockedPDF = strings.Replace(letterPDF("Locked", "<< /Filter /Standard /V 1 /R 2 /P -4 /O <"+strings.Repeat("41", 32)+"> /U <"+strings.Repeat("42", 32)+"> >>"),
	"/Root 1 0 R", "/Root 1 0 R /Encrypt 6 0 R /ID [<41> <41>]", 1)

func answerWith(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, strings.ReplaceAll(body, "{id}", strings.TrimPrefix(r.URL.Path, "/")))
	}
}

// TestLettersSaid has status fetch a letter for each way that one can be missing or wrong, and
// checks that the row says so, in both languages, and that no link is anywhere.
func TestLettersSaid(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	t.Parallel()
	var codes []string
	var circuits []clitest.Circuit
	handlers := map[string]func(http.ResponseWriter, *http.Request){}
	byID := map[string]string{}
	for code, handler := range badLetters {
		c := clitest.Circuit{Number: len(codes)}
		codes, circuits = append(codes, code), append(circuits, c)
		handlers[c.ID()], byID[c.ID()] = handler, code
	}
	letters := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[strings.TrimPrefix(r.URL.Path, "/")](w, r) }))
	defer letters.Close()
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	var secondTime atomic.Bool
	link := func(id string) string {
		const signed = "?Signature=made-up-signature"
		switch byID[id] {
		case "letter-url":
			if secondTime.Load() {
				return "https://example.com/" + id + signed
			}
			return "http://example.com/" + id + signed
		case "letter-address":
			return "https://169.254.169.254/" + id + signed
		case "letter-tls":
			return secure.URL + "/" + id + signed
		}
		return letters.URL + "/" + id + signed
	}
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1})
	endpoint := clitest.Serve(t, sim, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("Action") != "DescribePhysicalConnectionLOA" {
				next.ServeHTTP(w, r)
				return
			}
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			var answer map[string]any
			if err := json.Unmarshal(recorded.Body.Bytes(), &answer); err == nil {
				if loa, ok := answer["PhysicalConnectionLOAType"].(map[string]any); ok {
					loa["LoaUrl"] = link(r.FormValue("InstanceId"))
				}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(recorded.Code)
			json.NewEncoder(w).Encode(answer)
		})
	})
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(in("in.xlsx"), clitest.Pack(clitest.Book(circuits)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (exit int, stdout, stderr string) {
		var out, log bytes.Buffer
		keys := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}
		exit = cli.Run(context.Background(), cli.Env{
			Args: append(args, "--endpoint", endpoint, "--ledger", in("ledger.db"), "--log-level", "debug", in("in.xlsx")), Stdin: strings.NewReader(""),
			Stdout: &out, Stderr: &log, Getenv: func(name string) string { return keys[name] }, Now: time.Now, Signals: make(chan os.Signal),
		})
		return exit, out.String(), log.String()
	}
	if exit, _, log := run("submit", "--yes"); exit != 0 {
		t.Fatalf("exit %d: %s", exit, log)
	}
	for _, c := range circuits {
		sim.Review(c.Region(), c.ID(), simulator.Available)
		if byID[c.ID()] == "letter-taken" { // both names are folders
			sum := sha256.Sum256([]byte(strings.ReplaceAll(letterPDF(goodLine), "{id}", c.ID())))
			for _, end := range []string{".pdf", "-" + hex.EncodeToString(sum[:6]) + ".pdf"} {
				if err := os.MkdirAll(in("letters/LOA-"+c.Region()+"-"+c.ID()+end), 0o700); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, lang := range []string{"en", "zh"} {
		exit, out, log := run("status", "--download", in("letters"), "--json", "--lang", lang, "--force", "-o", in(lang+".xlsx"))
		var document struct {
			Problems     []struct{ Code, Circuit, Message, Hint string }
			Applications []struct {
				Circuit string `json:"instance_id"`
				Hint    string
			}
		}
		if err := json.Unmarshal([]byte(out), &document); err != nil || exit != 4 {
			t.Fatalf("exit %d, %v: %s", exit, err, log)
		}
		found, hints := map[string]string{}, map[string]string{}
		for _, p := range document.Problems {
			found[p.Circuit] += p.Code
			hints[p.Circuit] = p.Hint
			if strings.Contains(p.Message+p.Hint, "{") || (lang == "zh") != strings.Contains(p.Message, "LOA 文件") {
				t.Errorf("%s: %s", p.Code, p.Message)
			}
		}
		for _, a := range document.Applications {
			if a.Hint != hints[a.Circuit] {
				t.Errorf("%s: the row says %q, the problem %q", byID[a.Circuit], a.Hint, hints[a.Circuit])
			}
		}
		for id, code := range byID {
			if found[id] != code {
				t.Errorf("%s: %q, want %s", id, found[id], code)
			}
		}
		for name, text := range map[string]string{"output": out, "log": log, "ledger": read(t, in("ledger.db")), "copy": unzipped(t, in(lang+".xlsx"))} {
			if strings.Contains(text, "made-up-signature") {
				t.Errorf("a link is in the %s", name)
			}
		}
	}

	// once more, as a program with a proxy that is not there, and a folder that does not stay one
	secondTime.Store(true)
	for id, code := range byID {
		if code == "letter-taken" {
			handlers[id] = func(w http.ResponseWriter, r *http.Request) {
				if err := errors.Join(os.RemoveAll(in("again")), os.WriteFile(in("again"), nil, 0o600)); err != nil {
					t.Error(err)
				}
				answerWith(http.StatusOK, letterPDF(goodLine))(w, r)
			}
		}
	}
	cmd := exec.Command("loabatch", "status", "--download", in("again"), "--json", "-o", in("again.xlsx"), "--endpoint", endpoint, "--ledger", in("ledger.db"), in("in.xlsx"))
	cmd.Env = append(os.Environ(), "HTTPS_PROXY=http://user:made-up-password@127.0.0.1:1", "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	said, err := cmd.CombinedOutput()
	for _, want := range []string{`"code":"letter-proxy"`, `"code":"letter-folder"`, filepath.Base(in("again")) + ": not a directory"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("%v: no %s in %s", err, want, said)
		}
	}
	for _, secret := range []string{"made-up-password", "made-up-signature"} {
		if strings.Contains(string(said), secret) {
			t.Errorf("it says %s", secret)
		}
	}
}

func read(t *testing.T, path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// unzipped returns all that is in a ZIP archive.
func unzipped(t *testing.T, path string) string {
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}
