//! Crates in which a mistake is a vulnerability: a copy would miss the fixes that upstream makes.
//!
//! A reviewed list, by what a crate is for. It is advice: a workspace may name exceptions
//! (`not-critical`), and a crate that is not in it may still be one to keep.

/// Why a crate is better kept, and crates of that kind. Names are compared with `-` and `_` alike.
const LIST: [(&str, &str); 9] = [
    (
        "cryptography",
        "aead aes aes-gcm aes-gcm-siv age argon2 aws-lc-rs aws-lc-sys bcrypt blake2 \
         blake3 block-modes blowfish boring boring-sys cbc chacha20 chacha20poly1305 \
         cipher cmac constant_time_eq crypto-bigint crypto-common crypto-mac crypto_box \
         ctr curve25519-dalek des digest dsa ecdsa ed25519 ed25519-dalek elliptic-curve \
         ghash hkdf hmac hpke jsonwebtoken k256 keccak libsodium-sys md-5 md5 ml-kem \
         openssl openssl-sys orion p256 p384 p521 password-hash pbkdf2 pkcs1 pkcs8 \
         poly1305 polyval ring ripemd rsa rust-crypto salsa20 scrypt secp256k1 \
         secp256k1-sys sequoia-openpgp sha-1 sha1 sha2 sha3 signature snow sodiumoxide \
         spake2 subtle universal-hash x25519-dalek zeroize",
    ),
    (
        "random numbers for secrets",
        "getrandom rand rand_chacha rand_core rand_hc",
    ),
    (
        "TLS and certificates",
        "hyper-rustls hyper-tls native-tls openssl-probe rcgen rustls \
         rustls-native-certs rustls-pemfile rustls-pki-types rustls-webpki schannel \
         security-framework tokio-native-tls tokio-openssl tokio-rustls webpki \
         webpki-roots x509-cert x509-parser",
    ),
    (
        "network protocols",
        "actix-http async-h1 h2 h3 hickory-proto hickory-resolver httparse http hyper \
         multer multipart quiche quinn quinn-proto russh ssh2 trust-dns-proto \
         trust-dns-resolver tungstenite",
    ),
    (
        "parsing of data that others send",
        "asn1 asn1-rs bincode bson ciborium cookie csv-core der der-parser goblin \
         html5ever idna ipnet json5 lopdf mail-parser mailparse minicbor object \
         postcard prost protobuf publicsuffix quick-xml rmp rmp-serde rmpv ron \
         roxmltree serde_cbor serde_json serde_yaml simd-json simple_asn1 toml \
         toml_edit url wasmparser xml-rs xmlparser yaml-rust yaml-rust2",
    ),
    (
        "decoding of images, fonts and media",
        "exr fontdue gif image image-webp jpeg-decoder lewton minimp3 mp4parse png \
         rav1d symphonia tiff ttf-parser usvg webp zune-jpeg",
    ),
    (
        "compression and archives",
        "brotli brotli-decompressor bzip2 bzip2-sys flate2 inflate libz-ng-sys libz-sys \
         lz4 lz4_flex lzma-rs lzma-sys miniz_oxide ruzstd sevenz-rust snap tar unrar \
         xz2 zip zlib-rs zopfli zstd zstd-safe zstd-sys",
    ),
    (
        "cleaning of text that others wrote",
        "ammonia askama_escape html-escape shell-escape shell-words shlex v_htmlescape",
    ),
    (
        "isolation and privileges",
        "caps landlock libseccomp nix pam privdrop rlimit seccompiler users uzers",
    ),
];

/// What a crate is for, when that is one of the above.
pub(super) fn critical(name: &str) -> Option<&'static str> {
    let name = name.replace('_', "-");
    let is = |known: &str| known.replace('_', "-") == name;
    let found = LIST
        .iter()
        .find(|(_, names)| names.split_whitespace().any(is));
    found.map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LIST, critical};

    #[test]
    fn each_crate_stands_once() {
        let mut seen = BTreeSet::new();
        for (_, names) in LIST {
            for name in names.split_whitespace() {
                assert!(seen.insert(name.replace('_', "-")), "{name} is there twice");
            }
        }
    }

    #[test]
    fn names_are_compared_as_cargo_does() {
        assert_eq!(critical("aes_gcm"), Some("cryptography"));
        assert_eq!(critical("miniz-oxide"), Some("compression and archives"));
        assert_eq!(critical("matches"), None);
    }
}
