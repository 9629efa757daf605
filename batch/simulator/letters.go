package simulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// letterAPI is the name of a letter's download in fault plans and for Options.Script.
const letterAPI = "Letter"

// letterPath is the path of the letters; their names follow, REGION/ID.pdf.
const letterPath = "/letters/"

// letterKind says what is served as the letter of a circuit.
type letterKind uint8

const (
	trueLetter    letterKind = iota
	otherCircuit             // it names another circuit
	otherCompany             // it names another company
	imageLetter              // a PDF without any text
	pageLetter               // not a PDF but a page to sign in
	movedLetter              // a redirect to another host
	expiredLetter            // the link has expired when it is first used
)

// letterURL returns a link to the letter of a circuit that is valid for Options.LetterLife,
// signed like the links of the object storage service.
func (s *Simulator) letterURL(c *call, circuit *circuit) string {
	expires := s.o.Now().Add(s.o.LetterLife).Unix()
	path := letterPath + circuit.Region + "/" + circuit.InstanceID + ".pdf"
	v := url.Values{"Expires": {strconv.FormatInt(expires, 10)}, "OSSAccessKeyId": {"simulated"}}
	v.Set("Signature", s.signLetter(path, v.Get("Expires")))
	return "http://" + c.host + path + "?" + v.Encode()
}

// signLetter signs a link with a key that only the simulator has.
func (s *Simulator) signLetter(path, expires string) string {
	mac := hmac.New(sha1.New, s.salt[:])
	mac.Write([]byte("GET\n\n\n" + expires + "\n" + path))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// serveLetter serves the letter of a circuit.
func (s *Simulator) serveLetter(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, letterPath)
	region, file, _ := strings.Cut(name, "/")
	id, _ := strings.CutSuffix(file, ".pdf")
	q := r.URL.Query()
	c := &call{host: r.Host, method: r.Method, api: letterAPI, region: region, instance: id, params: map[string]string{
		"path": r.URL.Path, "Expires": q.Get("Expires"), "Signature": q.Get("Signature"),
	}}
	s.mu.Lock()
	s.letters.Requests++
	c.at, c.id = s.o.Now(), requestID(s.o.Seed+1, uint64(s.letters.Requests))
	s.mu.Unlock()
	if r.Method == http.MethodHead || r.Method == http.MethodGet {
		s.respond(w, r, c, s.chooseFault(c))
		return
	}
	s.send(w, c, storageError(c, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."))
}

// letter returns the letter that a link leads to, or the object storage service's refusal.
func (s *Simulator) letter(c *call) answer {
	s.pause(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	circuit := s.circuits.all[circuitKey{c.region, c.instance}]
	expires, err := strconv.ParseInt(c.params["Expires"], 10, 64)
	switch {
	case c.params["Signature"] == "" || err != nil:
		return storageError(c, http.StatusForbidden, "AccessDenied", "You have no right to access this object because of bucket acl.")
	case !hmac.Equal([]byte(c.params["Signature"]), []byte(s.signLetter(c.params["path"], c.params["Expires"]))):
		return storageError(c, http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	case !s.o.Now().Before(time.Unix(expires, 0)) || circuit != nil && circuit.letter == expiredLetter && !circuit.expired:
		s.letters.Expired++
		if circuit != nil {
			circuit.expired = true
		}
		return storageError(c, http.StatusForbidden, "AccessDenied", "Request has expired.")
	}
	if circuit == nil || !hasLetter(circuit.LOA) {
		return storageError(c, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	a := circuit.letterAnswer()
	s.letters.Served++
	circuit.served++
	return a
}

// letterAnswer returns what is served as the letter of the circuit.
func (c *circuit) letterAnswer() answer {
	a := answer{status: http.StatusOK, header: map[string]string{"Content-Type": "application/pdf", "Server": "AliyunOSS"}}
	switch c.letter {
	case pageLetter:
		a.header["Content-Type"] = "text/html; charset=utf-8"
		a.body = []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in to see this page.</body></html>\n")
	case movedLetter:
		a.status, a.header["Location"] = http.StatusFound, "http://elsewhere.example.invalid/letter.pdf"
	case imageLetter:
		a.body = imagePDF()
	default:
		a.body = textPDF(c.letterLines())
	}
	return a
}

// letterLines returns the text of the letter, which never changes.
func (c *circuit) letterLines() []string {
	id, company := c.InstanceID, c.content.company
	switch c.letter {
	case otherCircuit:
		id = "pc-elsewhere01"
	case otherCompany:
		company = "Entirely Different Company Ltd"
	}
	issued := "-"
	for _, change := range c.life {
		if change.LOAStatus == Available {
			issued = change.At.Format(time.DateOnly)
		}
	}
	return []string{
		"Letter of Authorization",
		"授权书",
		"",
		"Circuit / 物理专线: " + id,
		"Region / 地域: " + c.Region,
		"Customer / 客户名称: " + company,
		"Construction company / 施工单位: " + c.content.si,
		"Line type / 线路类型: " + c.content.lineType,
		"Construction time / 施工时间: " + c.content.construction,
		fmt.Sprintf("Construction engineers / 施工人员: %d", len(c.content.engineers)),
		"Issued / 签发日期: " + issued,
		"",
		"Simulated. It authorizes nobody to do anything. 模拟文件，无效。",
	}
}

// storageError returns an error answer in the format of the object storage service.
func storageError(c *call, status int, code, message string) answer {
	return answer{status: status, code: code, header: map[string]string{"Content-Type": "application/xml", "Server": "AliyunOSS", "x-oss-request-id": c.id},
		body: []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>" + code + "</Code>\n  <Message>" + message + "</Message>\n  <RequestId>" + c.id + "</RequestId>\n</Error>\n")}
}
