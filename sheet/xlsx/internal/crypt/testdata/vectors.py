"""Encrypts a short text as [MS-OFFCRYPTO] 2.3.4 defines it, for the tests to decrypt.

It is written from the standard and shares nothing with the Go code. Run it in this folder:

    python3 vectors.py > vectors.json

It needs the package cryptography. Salts and keys are made from the name of each vector, so
the output is always the same.

The files beside it are a workbook of one made-up row that other programs encrypted, with
the password "Made-up 密码 1". Each is different every time, so they are kept as they are:

    libreoffice.xlsx   LibreOffice 7.4, Standard encryption, AES-128: storeToURL with the filter
                       "Calc MS Excel 2007 XML" and the EncryptionData OOXPassword and
                       CryptoType=StrongEncryptionDataSpace
    msoffcrypto.xlsx   msoffcrypto-tool 6.0, Agile encryption, AES-256, SHA-512:
                       msoffcrypto-tool -e -p "Made-up 密码 1" plain.xlsx msoffcrypto.xlsx
"""

import base64
import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PASSWORD = "Made-up 密码 1"
PLAIN = b"".join(b"line %d of a made-up package\r\n" % i for i in range(170))  # two segments, and no whole block
SPINS = 1000

HASHES = {"SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}


def made_up(name, n):
    return hashlib.shake_256(name.encode()).digest(n)


def digest(algorithm, *parts):
    return hashlib.new(algorithm, b"".join(parts)).digest()


def fit(b, n):
    return b[:n].ljust(n, b"\x36")


def padded(b):
    return b + b"\0" * (-len(b) % 16)


def cbc(key, iv, b):
    e = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return e.update(padded(b)) + e.finalize()


def ecb(key, b):
    e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return e.update(padded(b)) + e.finalize()


def spin(algorithm, salt, rounds):
    h = digest(algorithm, salt, PASSWORD.encode("utf-16-le"))
    for i in range(rounds):
        h = digest(algorithm, struct.pack("<I", i), h)
    return h


def agile(name, bits, hash_name, salt_size=16):
    algorithm = HASHES[hash_name]
    size = hashlib.new(algorithm).digest_size
    salt, key_salt = made_up(name + " salt", salt_size), made_up(name + " key salt", salt_size)
    secret, verifier, mac_key = made_up(name + " secret", bits // 8), made_up(name + " verifier", salt_size), made_up(name + " hmac", size)

    spun = spin(algorithm, key_salt, SPINS)
    locked = lambda block, b: cbc(fit(digest(algorithm, spun, bytes.fromhex(block)), bits // 8), fit(key_salt, 16), b)
    data_iv = lambda block: fit(digest(algorithm, salt, block), 16)

    package = struct.pack("<Q", len(PLAIN))
    for i in range(0, len(PLAIN), 4096):
        package += cbc(secret, data_iv(struct.pack("<I", i // 4096)), PLAIN[i : i + 4096])
    mac = hmac.new(mac_key, package, algorithm).digest()

    b64 = lambda b: base64.b64encode(b).decode()
    common = f'saltSize="{salt_size}" blockSize="16" keyBits="{bits}" hashSize="{size}" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="{hash_name}"'
    info = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:q="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<keyData {common} saltValue="{b64(salt)}"/>'
        f'<dataIntegrity encryptedHmacKey="{b64(cbc(secret, data_iv(bytes.fromhex("5fb2ad010cb9e1f6")), mac_key))}"'
        f' encryptedHmacValue="{b64(cbc(secret, data_iv(bytes.fromhex("a0677f02b22c8433")), mac))}"/>'
        '<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<q:encryptedKey spinCount="{SPINS}" {common} saltValue="{b64(key_salt)}"'
        f' encryptedVerifierHashInput="{b64(locked("fea7d2763b4b9e79", verifier))}"'
        f' encryptedVerifierHashValue="{b64(locked("d7aa0f6d3061344e", digest(algorithm, verifier)))}"'
        f' encryptedKeyValue="{b64(locked("146e0be7abacd0d6", secret))}"/>'
        "</keyEncryptor></keyEncryptors></encryption>"
    )
    return bytes.fromhex("0400040040000000") + info.encode(), package


def standard(name, bits, algorithm_id):
    salt, verifier = made_up(name + " salt", 16), made_up(name + " verifier", 16)
    final = digest("sha1", spin("sha1", salt, 50000), struct.pack("<I", 0))
    x = lambda fill: digest("sha1", bytes(fill ^ b for b in final.ljust(64, b"\0")))
    key = (x(0x36) + x(0x5C))[: bits // 8]
    header = struct.pack("<8I", 0x24, 0, algorithm_id, 0x8004, bits, 0x18, 0, 0) + "Made-up Provider\0".encode("utf-16-le")
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header
    info += struct.pack("<I", 16) + salt + ecb(key, verifier) + struct.pack("<I", 20) + ecb(key, digest("sha1", verifier))
    return info, struct.pack("<Q", len(PLAIN)) + ecb(key, PLAIN)


vectors = []
for bits in (128, 192, 256):
    for hash_name in HASHES:
        name = f"Agile AES-{bits} {hash_name}"
        vectors.append((name, *agile(name, bits, hash_name)))
vectors.append(("Agile with long salts", *agile("Agile with long salts", 256, "SHA512", 40)))
vectors.append(("Agile with a hyphen", *agile("Agile with a hyphen", 128, "SHA1")))
vectors[-1] = (vectors[-1][0], vectors[-1][1].replace(b'"SHA1"', b'"SHA-1"'), vectors[-1][2])
for bits, algorithm_id in ((128, 0x660E), (192, 0x660F), (256, 0x6610)):
    name = f"Standard AES-{bits}"
    vectors.append((name, *standard(name, bits, algorithm_id)))

b64 = lambda b: base64.b64encode(b).decode()
print(json.dumps({"password": PASSWORD, "plain": b64(PLAIN), "vectors": [{"name": n, "info": b64(i), "package": b64(p)} for n, i, p in vectors]}, ensure_ascii=False, indent=1))
