package crypt

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// The block keys of [MS-OFFCRYPTO] 2.3.4.11 to 2.3.4.14: they distinguish the keys derived
// from one password, and the initialization vectors derived from one salt.
var (
	verifierInputBlock = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	verifierHashBlock  = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	keyBlock           = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	hmacKeyBlock       = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	hmacValueBlock     = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

// segment is how many bytes of a package share an initialization vector (2.3.4.15).
const segment = 4096

// agile decrypts a package under Agile encryption.
func (f *compound) agile(stream []byte, p Password, limit int64, maxSpins int) ([]byte, *Encryption, error) {
	info, locked, err := parseAgile(stream[versionSize:], maxSpins)
	if err != nil {
		return nil, nil, err
	}
	var secret []byte
	p, err = p.try(func(p Password) (ok bool) {
		secret, ok = locked.open(p, info.Key.KeyBits/8)
		return ok
	})
	if err != nil {
		return nil, nil, err
	}
	content, size, err := f.content(limit)
	if err != nil {
		return nil, nil, err
	}
	if !info.intact(secret, content) {
		return nil, nil, xmltok.NewError("file-encryption-changed")
	}
	plain := content[sizePrefix:]
	plain = plain[:len(plain)-len(plain)%blockSize]
	info.Key.segments(cipher.NewCBCDecrypter, secret, plain, 0)
	return plain[:size:size], &Encryption{password: p, spins: locked.Spins}, nil
}

// open decrypts the key of the package, of length bytes, unless the password is wrong
// (2.3.4.13).
func (l *agilePassword) open(p Password, length int) (secret []byte, ok bool) {
	spun := l.spin(p)
	iv := fit(l.Salt, blockSize)
	input := cbc(cipher.NewCBCDecrypter, l.derive(spun, verifierInputBlock), iv, l.VerifierInput)[:l.SaltSize]
	want := cbc(cipher.NewCBCDecrypter, l.derive(spun, verifierHashBlock), iv, l.VerifierHash)[:l.HashSize]
	if subtle.ConstantTimeCompare(digest(l.hash, input), want) == 0 {
		return nil, false
	}
	return cbc(cipher.NewCBCDecrypter, l.derive(spun, keyBlock), iv, l.Key)[:length], true
}

// spin hashes a password with the salt, and the result many times more, which makes trying
// passwords expensive (2.3.4.11).
func (l *agilePassword) spin(p Password) []byte { return spin(l.hash, l.Salt, p, l.Spins) }

func spin(hash crypto.Hash, salt []byte, p Password, rounds int) []byte {
	h := hash.New()
	h.Write(salt)
	h.Write(p.bytes())
	sum := make([]byte, 4, 4+hash.Size()) // the number of the round, and the hash so far
	sum = h.Sum(sum)
	for i := range rounds {
		binary.LittleEndian.PutUint32(sum, uint32(i))
		h.Reset()
		h.Write(sum)
		sum = h.Sum(sum[:4])
	}
	return sum[4:]
}

// derive derives the key for one of the encrypted values.
func (l *agilePassword) derive(spun, block []byte) []byte {
	return fit(digest(l.hash, spun, block), l.KeyBits/8)
}

// iv returns the initialization vector of a block of the package, or of the HMAC (2.3.4.12).
func (p *agileParameters) iv(block []byte) []byte {
	return fit(digest(p.hash, p.Salt, block), blockSize)
}

// segments decrypts or encrypts part of a package in place, starting with segment number.
func (p *agileParameters) segments(mode blockMode, secret, part []byte, number int) {
	block := newAES(secret)
	for s := range slices.Chunk(part, segment) {
		iv := p.iv(binary.LittleEndian.AppendUint32(nil, uint32(number)))
		mode(block, iv).CryptBlocks(s, s)
		number++
	}
}

// blockMode is cipher.NewCBCDecrypter or cipher.NewCBCEncrypter.
type blockMode = func(block cipher.Block, iv []byte) cipher.BlockMode

// intact compares the HMAC of the encrypted package with the stored one (2.3.4.14).
func (info *agileInfo) intact(secret []byte, stream ...[]byte) bool {
	n := info.Key.HashSize
	key := cbc(cipher.NewCBCDecrypter, secret, info.Key.iv(hmacKeyBlock), info.Integrity.Key)[:n]
	want := cbc(cipher.NewCBCDecrypter, secret, info.Key.iv(hmacValueBlock), info.Integrity.Value)[:n]
	return hmac.Equal(mac(info.Key.hash, key, stream...), want)
}

func mac(hash crypto.Hash, key []byte, stream ...[]byte) []byte {
	h := hmac.New(hash.New, key)
	for _, b := range stream {
		h.Write(b)
	}
	return h.Sum(nil)
}

// Encrypt writes content as an encrypted workbook with the parameters that Excel uses
// today: Agile encryption, AES-256, SHA-512, and 100,000 rounds, or as many as the source if
// it has more. It encrypts in place, overwriting content.
func (e *Encryption) Encrypt(w io.Writer, content []byte) error {
	const excelSpins = 100_000
	parameters := func() agileParameters {
		return agileParameters{
			SaltSize: blockSize, BlockSize: blockSize, KeyBits: 256, HashSize: crypto.SHA512.Size(), Cipher: "AES", Chaining: "ChainingModeCBC",
			Hash: "SHA512", Salt: random(blockSize), hash: crypto.SHA512,
		}
	}
	info := agileInfo{Key: parameters()}
	secret := random(info.Key.KeyBits / 8)

	locked := &agilePassword{Spins: max(excelSpins, e.spins), agileParameters: parameters()}
	spun, verifier := locked.spin(e.password), random(blockSize)
	locked.VerifierInput = cbc(cipher.NewCBCEncrypter, locked.derive(spun, verifierInputBlock), locked.Salt, verifier)
	locked.VerifierHash = cbc(cipher.NewCBCEncrypter, locked.derive(spun, verifierHashBlock), locked.Salt, digest(locked.hash, verifier))
	locked.Key = cbc(cipher.NewCBCEncrypter, locked.derive(spun, keyBlock), locked.Salt, secret)
	info.Encryptor = []agileEncryptor{{URI: passwordSpace, Password: locked}}

	size := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	whole := len(content) / segment * segment
	last := make([]byte, padded(len(content)-whole)) // the last segment, in whole blocks
	copy(last, content[whole:])
	content = content[:whole]
	info.Key.segments(cipher.NewCBCEncrypter, secret, content, 0)
	info.Key.segments(cipher.NewCBCEncrypter, secret, last, whole/segment)

	key := random(info.Key.HashSize)
	info.Integrity = agileIntegrity{
		Key:   cbc(cipher.NewCBCEncrypter, secret, info.Key.iv(hmacKeyBlock), key),
		Value: cbc(cipher.NewCBCEncrypter, secret, info.Key.iv(hmacValueBlock), mac(info.Key.hash, key, size, content, last)),
	}
	return writeContainer(w, append(dataSpaces(),
		entry{name: infoStream, content: [][]byte{agileVersion, info.xml()}},
		entry{name: packageStream, content: [][]byte{size, content, last}},
	))
}

// agileVersion begins EncryptionInfo: version 4.4, and a flag.
var agileVersion = []byte{4, 0, 4, 0, 0x40, 0, 0, 0}

// xml returns EncryptionInfo with the prefixes that Excel writes, since some programs do not
// resolve prefixes.
func (info *agileInfo) xml() []byte {
	l := info.Encryptor[0].Password
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\r\n"+
		`<encryption xmlns="%s" xmlns:p="%s" xmlns:c="%s"><keyData%s/>`+
		`<dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/>`+
		`<keyEncryptors><keyEncryptor uri="%s"><p:encryptedKey spinCount="%d"%s encryptedVerifierHashInput="%s"`+
		` encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`,
		agileSpace, passwordSpace, certificateSpace, info.Key.xml(), info.Integrity.Key, info.Integrity.Value,
		passwordSpace, l.Spins, l.xml(), l.VerifierInput, l.VerifierHash, l.Key)
}

func (p *agileParameters) xml() string {
	return fmt.Sprintf(` saltSize="%d" blockSize="%d" keyBits="%d" hashSize="%d" cipherAlgorithm="%s" cipherChaining="%s" hashAlgorithm="%s" saltValue="%s"`,
		p.SaltSize, p.BlockSize, p.KeyBits, p.HashSize, p.Cipher, p.Chaining, p.Hash, p.Salt)
}

// fit cuts b to n bytes, or pads it with 0x36.
func fit(b []byte, n int) []byte {
	fitted := make([]byte, n)
	for i := copy(fitted, b); i < n; i++ {
		fitted[i] = 0x36
	}
	return fitted
}

func digest(hash crypto.Hash, parts ...[]byte) []byte {
	h := hash.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// cbc decrypts or encrypts a value, padded with zeros to whole blocks.
func cbc(mode blockMode, key, iv, value []byte) []byte {
	result := make([]byte, padded(len(value)))
	copy(result, value)
	mode(newAES(key), iv).CryptBlocks(result, result)
	return result
}

// newAES returns AES with a key whose length was checked.
func newAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return block
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return b
}
