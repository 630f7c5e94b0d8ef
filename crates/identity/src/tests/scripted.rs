//! Endpoints that answer by a script, and the identities that ask them. Time is tokio's, so that hours pass at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{AzureIdentity, CloudIdentity, Scheme, Secret};
use zeroize::Zeroizing;

use crate::{Call, Environment, Fetch, FetchError, Fetching, Grant, Identities, Identity, Kind, Reply};

/// What an endpoint does with a call.
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub after: Duration,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), after: Duration::ZERO }
    }

    pub fn token(token: &str, seconds: u64) -> Self {
        Self::new(
            200,
            format!(r#"{{"token_type":"Bearer","access_token":"{token}","expires_in":{seconds}}}"#),
        )
    }

    pub fn after(mut self, seconds: u64) -> Self {
        self.after = Duration::from_secs(seconds);
        self
    }
}

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub url: String,
    pub headers: HashMap<String, String>,
    pub body: String,
    pub verify: bool,
}

impl Seen {
    fn of(call: &Call) -> Self {
        let scheme = if call.url.scheme == Scheme::Https { "https" } else { "http" };
        Self {
            method: call.method.to_string(),
            url: format!("{scheme}://{}{}", call.url.authority, call.url.target),
            headers: call
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: String::from_utf8(call.body.to_vec()).unwrap(),
            verify: call.verify,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A field of the form that was sent.
    pub fn field(&self, name: &str) -> Option<String> {
        argument(&self.body, name)
    }

    /// An argument of the query.
    pub fn argument(&self, name: &str) -> Option<String> {
        argument(self.url.split_once('?')?.1, name)
    }
}

fn argument(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned())
}

type Script = dyn Fn(usize, &Seen) -> Result<Answer, &'static str> + Send + Sync;

/// The endpoints: the script gets the number of the call, from 0, and the call.
pub struct World {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    counted: Mutex<Vec<(Kind, bool)>>,
}

impl World {
    pub fn new(
        script: impl Fn(usize, &Seen) -> Result<Answer, &'static str> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), seen: Mutex::default(), counted: Mutex::default() })
    }

    /// What was counted: kinds of identities, and whether they got what they asked for.
    pub fn counted(&self) -> Vec<(Kind, bool)> {
        self.counted.lock().unwrap().clone()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn identities(self: &Arc<Self>, environment: &[(&str, &str)]) -> Identities {
        let variables: HashMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let environment = Environment::new(move |name| variables.get(name).cloned());
        Identities::new(Arc::new(Endpoints(Arc::clone(self))), environment)
    }

    pub fn identity(
        self: &Arc<Self>,
        configured: CloudIdentity,
        environment: &[(&str, &str)],
    ) -> Arc<Identity> {
        self.identities(environment).identity(configured, true).unwrap()
    }
}

struct Endpoints(Arc<World>);

impl Fetch for Endpoints {
    fn fetch(&self, call: Call) -> Fetching {
        let seen = Seen::of(&call);
        let mut all = self.0.seen.lock().unwrap();
        let answer = (self.0.script)(all.len(), &seen);
        all.push(seen);
        Box::pin(async move {
            let answer = answer.map_err(|reason| FetchError(reason.into()))?;
            tokio::time::sleep(answer.after).await;
            Ok(Reply { status: answer.status, body: Zeroizing::new(answer.body.into_bytes()) })
        })
    }

    fn count(&self, kind: Kind, succeeded: bool) {
        self.0.counted.lock().unwrap().push((kind, succeeded));
    }
}

/// A client of Entra with its secret.
pub fn client() -> CloudIdentity {
    client_of("tenant-1", "client-1", "CANARY-secret")
}

pub fn client_of(tenant: &str, client: &str, secret: &str) -> CloudIdentity {
    CloudIdentity::Azure(AzureIdentity {
        client_id: Some(client.into()),
        client_secret: Some(Secret::new(secret)),
        tenant_id: Some(tenant.into()),
    })
}

/// What goes into `Authorization`.
pub fn bearer(grant: &Grant) -> String {
    let binding = auth::HostBinding::exact(Scheme::Https, "h", 443);
    let signer = auth::TokenSigner::new(binding);
    let bound = signer.for_host(auth::Origin { scheme: Scheme::Https, host: "h", port: 443 }).ok().unwrap();
    bound.authorization(grant.access_token().unwrap()).expose().to_owned()
}

/// `id/token` of the keys as a signature shows them.
pub fn keys(grant: &Grant) -> String {
    let host = auth::HostBinding::exact(Scheme::Https, "h", 443);
    let signer = auth::AwsSigner::new(host, auth::AwsService::Bedrock);
    let bound = signer.for_host(auth::Origin { scheme: Scheme::Https, host: "h", port: 443 }).ok().unwrap();
    let request = auth::AwsRequest { method: "GET", authority: "h", path: "/", query: None, headers: &[] };
    let payload = auth::PayloadHash::of([]);
    let made = bound.sign(grant.aws_keys().unwrap(), "us-east-1", &request, &payload, 0).unwrap();
    let id = made.authorization.expose().split(['=', '/']).nth(1).unwrap().to_owned();
    format!("{id}/{}", made.session_token.map_or("", Secret::expose))
}

pub async fn pass(seconds: u64) {
    // In small steps, so that whoever wakes up in between gets to run.
    for _ in 0..seconds * 4 {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
