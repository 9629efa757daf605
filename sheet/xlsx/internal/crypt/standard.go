package crypt

import (
	"bytes"
	"crypto"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// The fixed parameters of Standard encryption ([MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9).
const (
	standardSpins = 50_000
	standardSalt  = 16

	flagAES      = 1 << 5
	flagExternal = 1 << 4

	algorithmRC4  = 0x6801
	algorithmSHA1 = 0x8004
)

// standardKeys are the key sizes in bits, by AlgID.
var standardKeys = map[uint32]uint32{0x660E: 128, 0x660F: 192, 0x6610: 256}

// Offsets within EncryptionInfo: the header and its size come after the version.
const (
	headerSizeAt   = versionSize
	headerAt       = headerSizeAt + 4
	algorithmAt    = headerAt + 8
	hashAt         = headerAt + 12
	keySizeAt      = headerAt + 16
	headerSmallest = 32

	// within the verifier, after the header
	verifierSaltAt  = 4
	verifierInputAt = verifierSaltAt + standardSalt
	verifierHashAt  = verifierInputAt + 16 + 4
	verifierSize    = verifierHashAt + 32
)

// standard decrypts a package under Standard encryption. Only the checksums of the ZIP file
// show whether the encrypted bytes were changed.
func (f *compound) standard(info []byte, p Password, limit int64) ([]byte, *Encryption, error) {
	keyBits, verifier, err := parseStandard(info)
	if err != nil {
		return nil, nil, err
	}
	var key []byte
	p, err = p.try(func(p Password) bool {
		key = standardKey(spin(crypto.SHA1, verifier[verifierSaltAt:verifierInputAt], p, standardSpins), int(keyBits/8))
		proof := bytes.Clone(verifier[verifierInputAt:verifierSize])
		input, hash := proof[:16], proof[16+4:]
		ecbDecrypt(key, input)
		ecbDecrypt(key, hash)
		return subtle.ConstantTimeCompare(digest(crypto.SHA1, input), hash[:crypto.SHA1.Size()]) == 1
	})
	if err != nil {
		return nil, nil, err
	}
	content, size, err := f.content(limit)
	if err != nil {
		return nil, nil, err
	}
	plain := content[sizePrefix:]
	plain = plain[:len(plain)-len(plain)%blockSize]
	ecbDecrypt(key, plain)
	return plain[:size:size], &Encryption{password: p, spins: standardSpins}, nil
}

// parseStandard returns the size of the key in bits, and the verifier of the password.
func parseStandard(info []byte) (keyBits uint32, verifier []byte, err error) {
	le := binary.LittleEndian
	if len(info) < headerAt+headerSmallest {
		return 0, nil, damaged(infoStream)
	}
	flags, size, algorithm := le.Uint32(info[headerAt:]), le.Uint32(info[headerSizeAt:]), le.Uint32(info[algorithmAt:])
	if size < headerSmallest || uint64(size) > uint64(len(info)-headerAt) {
		return 0, nil, damaged(infoStream)
	}
	keyBits = standardKeys[algorithm]
	switch hash := le.Uint32(info[hashAt:]); {
	case flags&flagExternal != 0:
		return 0, nil, xmltok.NewError("file-encryption-extensible")
	case algorithm == algorithmRC4 || algorithm == 0 && flags&flagAES == 0:
		return 0, nil, unsupported("RC4")
	case algorithm == 0:
		keyBits = 128
	case keyBits == 0:
		return 0, nil, unsupported(fmt.Sprintf("AlgID 0x%X", algorithm))
	case hash != algorithmSHA1 && hash != 0:
		return 0, nil, unsupported(fmt.Sprintf("AlgIDHash 0x%X", hash))
	}
	if given := le.Uint32(info[keySizeAt:]); given != 0 && given != keyBits {
		return 0, nil, damaged(infoStream)
	}
	verifier = info[headerAt+int(size):]
	if len(verifier) < verifierSize || le.Uint32(verifier) != standardSalt || le.Uint32(verifier[verifierHashAt-4:]) != uint32(crypto.SHA1.Size()) {
		return 0, nil, damaged(infoStream)
	}
	return keyBits, verifier, nil
}

// standardKey derives a key from the hash of a password (2.3.4.7).
func standardKey(spun []byte, length int) []byte {
	final := digest(crypto.SHA1, spun, make([]byte, 4))
	half := func(fill byte) []byte {
		b := bytes.Repeat([]byte{fill}, 64)
		subtle.XORBytes(b, b, final)
		return digest(crypto.SHA1, b)
	}
	return append(half(0x36), half(0x5c)...)[:length]
}

// ecbDecrypt decrypts whole blocks in place.
func ecbDecrypt(key, b []byte) {
	block := newAES(key)
	for ; len(b) > 0; b = b[blockSize:] {
		block.Decrypt(b, b)
	}
}
