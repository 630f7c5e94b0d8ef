//! Keys for a container: the endpoint of ECS, or that of EKS pod identity.

use http::Method;
use http::header::AUTHORIZATION;

use super::{Found, read_document};
use crate::environment::read_file;
use crate::fetch::{Call, Caller, Url};
use crate::{Environment, IdentityError};

const ENDPOINT: &str = "the container credentials endpoint";
const ECS: &str = "http://169.254.170.2";
/// Addresses besides loopback that may be asked without TLS: of ECS, and of EKS pod identity.
const NEARBY: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// The call that the environment describes, if it does.
pub(super) async fn call(environment: &Environment) -> Result<Option<Call>, IdentityError> {
    let relative = environment.value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = if let Some(path) = relative {
        Url::from_setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &format!("{ECS}{path}"))?
    } else if let Some(text) = environment.value("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let url = Url::from_setting(name, &text)?;
        if !url.scheme.is_tls() && !is_nearby(&url.host) {
            return Err(IdentityError::Invalid(
                name,
                "without TLS only an address of this host may be asked",
            ));
        }
        url
    } else {
        return Ok(None);
    };
    let call = Call::nearby(Method::GET, url);
    // The file is rotated, so it is read every time.
    let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    if let Some(file) = environment.value(name) {
        let token = read_file(name, file.into()).await?;
        return Ok(Some(call.secret_header(name, AUTHORIZATION, &token)?));
    }
    let name = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    match environment.value(name) {
        Some(token) => Ok(Some(call.secret_header(name, AUTHORIZATION, &token)?)),
        None => Ok(Some(call)),
    }
}

pub(super) async fn keys(call: Call, caller: &Caller) -> Result<Found, IdentityError> {
    read_document(ENDPOINT, &caller.body(ENDPOINT, call, |_| None).await?)
}

fn is_nearby(host: &str) -> bool {
    let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || host == "localhost" || NEARBY.contains(&host)
}
