package crypt

import (
	"crypto"
	_ "crypto/sha1" // Excel 2010 uses it
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Namespaces of EncryptionInfo ([MS-OFFCRYPTO] 2.3.4.10), which also name the kinds of key
// encryptors.
const (
	agileSpace       = "http://schemas.microsoft.com/office/2006/encryption"
	passwordSpace    = "http://schemas.microsoft.com/office/2006/keyEncryptor/password"
	certificateSpace = "http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"
)

// agileInfo is the XML of EncryptionInfo.
type agileInfo struct {
	XMLName   xml.Name         `xml:"http://schemas.microsoft.com/office/2006/encryption encryption"`
	Key       agileParameters  `xml:"keyData"`
	Integrity agileIntegrity   `xml:"dataIntegrity"`
	Encryptor []agileEncryptor `xml:"keyEncryptors>keyEncryptor"`
}

// agileParameters say how something is encrypted.
type agileParameters struct {
	SaltSize  int         `xml:"saltSize,attr"`
	BlockSize int         `xml:"blockSize,attr"`
	KeyBits   int         `xml:"keyBits,attr"`
	HashSize  int         `xml:"hashSize,attr"`
	Cipher    string      `xml:"cipherAlgorithm,attr"`
	Chaining  string      `xml:"cipherChaining,attr"`
	Hash      string      `xml:"hashAlgorithm,attr"`
	Salt      base64Bytes `xml:"saltValue,attr"`

	hash crypto.Hash // Hash, once checked
}

// agileIntegrity is the encrypted HMAC of the encrypted package, and its encrypted key.
type agileIntegrity struct {
	Key   base64Bytes `xml:"encryptedHmacKey,attr"`
	Value base64Bytes `xml:"encryptedHmacValue,attr"`
}

// agileEncryptor is the key of the package, encrypted by a password or a certificate.
type agileEncryptor struct {
	URI      string         `xml:"uri,attr"`
	Password *agilePassword `xml:"http://schemas.microsoft.com/office/2006/keyEncryptor/password encryptedKey"`
}

type agilePassword struct {
	Spins int `xml:"spinCount,attr"`
	agileParameters
	VerifierInput base64Bytes `xml:"encryptedVerifierHashInput,attr"`
	VerifierHash  base64Bytes `xml:"encryptedVerifierHashValue,attr"`
	Key           base64Bytes `xml:"encryptedKeyValue,attr"`
}

// base64Bytes is the value of an attribute of type xsd:base64Binary.
type base64Bytes []byte

// UnmarshalText implements [encoding.TextUnmarshaler].
func (b *base64Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	return err
}

// String returns the value of the attribute.
func (b base64Bytes) String() string { return base64.StdEncoding.EncodeToString(b) }

// parseAgile reads EncryptionInfo without its first 8 bytes, and checks everything that the
// ciphers rely on: algorithms, sizes, and the number of rounds.
func parseAgile(b []byte, maxSpins int) (*agileInfo, *agilePassword, error) {
	var info agileInfo
	if err := xml.Unmarshal(b, &info); err != nil {
		return nil, nil, damaged(infoStream)
	}
	if err := info.Key.check(infoStream + " keyData"); err != nil {
		return nil, nil, err
	}
	var passwords []*agilePassword
	certificates := false
	for _, e := range info.Encryptor {
		switch {
		case e.URI == passwordSpace && e.Password != nil:
			passwords = append(passwords, e.Password)
		case e.URI == certificateSpace:
			certificates = true
		}
	}
	switch {
	case len(passwords) == 0 && certificates:
		return nil, nil, xmltok.NewError("file-encryption-certificate")
	case len(passwords) != 1:
		return nil, nil, damaged(infoStream + " keyEncryptors")
	}
	p := passwords[0]
	const where = infoStream + " encryptedKey"
	if err := p.check(where); err != nil {
		return nil, nil, err
	}
	n := info.Key.hash.Size()
	switch {
	case p.Spins < 0 || p.Spins > maxSpins:
		return nil, nil, xmltok.NewError("file-encryption-spins", "found", strconv.Itoa(p.Spins), "expected", strconv.Itoa(maxSpins))
	case len(p.Key) != padded(info.Key.KeyBits/8),
		len(p.VerifierInput) != padded(p.SaltSize), len(p.VerifierHash) != padded(p.hash.Size()):
		return nil, nil, damaged(where)
	case len(info.Integrity.Key) != padded(n) || len(info.Integrity.Value) != padded(n):
		return nil, nil, damaged(infoStream + " dataIntegrity")
	}
	return &info, p, nil
}

// hashes are the hashes by their names in [MS-OFFCRYPTO], without the hyphen that some
// programs write. MD5 and older ones are too weak.
var hashes = map[string]crypto.Hash{"SHA1": crypto.SHA1, "SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "SHA512": crypto.SHA512}

// maxSalt limits the size of a salt, in bytes (ST_SaltSize).
const maxSalt = 65_536

// check checks the parameters, and finds the hash.
func (p *agileParameters) check(where string) error {
	var known bool
	p.hash, known = hashes[strings.ReplaceAll(strings.ToUpper(p.Hash), "-", "")]
	switch {
	case p.Cipher == "" || p.Chaining == "" || p.Hash == "":
		return damaged(where)
	case p.Cipher != "AES":
		return unsupported(short(p.Cipher))
	case p.Chaining != "ChainingModeCBC":
		return unsupported(short("AES " + p.Chaining))
	case !known:
		return unsupported(short(p.Hash))
	case p.KeyBits != 128 && p.KeyBits != 192 && p.KeyBits != 256, p.BlockSize != blockSize, p.HashSize != p.hash.Size(),
		p.SaltSize < 1 || p.SaltSize > maxSalt || len(p.Salt) != p.SaltSize:
		return damaged(where)
	}
	return nil
}

// short makes a name from a file fit for a message.
func short(name string) string {
	const longest = 40
	q := strconv.QuoteToASCII(name)
	q = q[1 : len(q)-1]
	return q[:min(len(q), longest)]
}

// padded rounds n bytes up to whole blocks.
func padded(n int) int { return (n + blockSize - 1) / blockSize * blockSize }
