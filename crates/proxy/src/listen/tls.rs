//! The certificate that a TLS listener shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, CommonState, ProtocolVersion, ServerConfig};
use thiserror::Error;

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    #[error("cannot read the certificate chain in {}: {reason}", path.display())]
    Chain { path: PathBuf, reason: String },
    #[error("cannot read the private key in {}", .0.display())]
    Key(PathBuf),
    #[error("certificate and private key cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// TLS 1.2 and 1.3 with the certificate chain and key of two PEM files; HTTP/2 and HTTP/1.1 are offered.
pub fn server_config(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(|error| CertificateError::Chain { path: chain.to_owned(), reason: error.to_string() })?;
    // What the parser says of a broken key might quote it.
    let private = PrivateKeyDer::from_pem_file(key).map_err(|_| CertificateError::Key(key.to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(CertificateError::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Version and cipher suite of a connection, by the names that OpenSSL has for them, as Kong tells them.
pub fn version_and_cipher(session: &CommonState) -> Option<(&'static str, &'static str)> {
    let version = match session.protocol_version()? {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => return None,
    };
    Some((version, cipher_name(session.negotiated_cipher_suite()?.suite())?))
}

/// Every suite that the listener offers.
const fn cipher_name(suite: CipherSuite) -> Option<&'static str> {
    Some(match suite {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_name() {
        for suite in aws_lc_rs::default_provider().cipher_suites {
            assert!(cipher_name(suite.suite()).is_some(), "{suite:?}");
        }
    }
}
