//! TLS to upstreams: which certificates are trusted.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use thiserror::Error;
use tokio_rustls::TlsConnector;

use super::HostKey;

/// Why trust could not be set up.
#[derive(Debug, Clone, Error)]
pub enum TlsSetupError {
    #[error("cannot read the certificates of {}: {reason}", path.display())]
    Authority { path: PathBuf, reason: String },
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Trust in upstreams: the system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` count), and one extra file.
///
/// Roots are read when the first TLS connection is made: a gateway in front of plain-text upstreams
/// starts faster and stays smaller.
pub struct TlsSettings {
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    /// By (verify, http2).
    configs: [OnceLock<Result<Arc<ClientConfig>, TlsSetupError>>; 4],
}

impl TlsSettings {
    /// `authority` is a PEM file of certificates that are trusted besides the system's.
    pub fn new(authority: Option<PathBuf>) -> Result<Self, TlsSetupError> {
        let extra = match authority {
            None => Vec::new(),
            Some(path) => CertificateDer::pem_file_iter(&path)
                .and_then(Iterator::collect)
                .map_err(|error| TlsSetupError::Authority { path, reason: error.to_string() })?,
        };
        Ok(Self { provider: Arc::new(aws_lc_rs::default_provider()), extra, configs: Default::default() })
    }

    pub(super) fn connector(&self, key: &HostKey) -> Result<TlsConnector, TlsSetupError> {
        let slot = usize::from(key.verify) * 2 + usize::from(key.http2);
        let Some(config) = self.configs.get(slot) else {
            return Err(TlsSetupError::Setup("no such kind of connection".to_owned()));
        };
        config.get_or_init(|| self.build(key)).clone().map(TlsConnector::from)
    }

    fn build(&self, key: &HostKey) -> Result<Arc<ClientConfig>, TlsSetupError> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsSetupError::Setup(error.to_string()))?;
        let mut config = if key.verify {
            builder.with_root_certificates(self.roots()).with_no_client_auth()
        } else {
            let verifier = Arc::new(Unverified(Arc::clone(&self.provider)));
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        };
        config.alpn_protocols = vec![if key.http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        Ok(Arc::new(config))
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "a system certificate could not be read");
        }
        roots.add_parsable_certificates(system.certs);
        if roots.is_empty() {
            tracing::info!("the system has no certificate store, using the built-in roots");
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots.add_parsable_certificates(self.extra.iter().cloned());
        roots
    }
}

/// Accepts any certificate: only for services with `tls_verify: false`.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
