//! All identities in use. They outlive configurations, and one that many targets use is fetched once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use auth::CloudIdentity;

use crate::fetch::Caller;
use crate::source::Source;
use crate::{Environment, Fetch, Identity, IdentityError};

/// What tells one identity from another: a hash over everything that makes it.
pub(crate) type Key = [u8; 32];

pub struct Identities {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    known: Mutex<HashMap<Key, Weak<Identity>>>,
}

impl Identities {
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment) -> Self {
        Self { fetch, environment, known: Mutex::default() }
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The identity of this configuration. Equal ones are one, also over a change of configuration while any
    /// target has it. `verify`: whether certificates are verified in its calls. Fails where what is configured
    /// cannot be right; what is wrong in the environment is told when it is used.
    pub fn identity(&self, configured: CloudIdentity, verify: bool) -> Result<Arc<Identity>, IdentityError> {
        let key = crate::source::key(&configured, verify);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, identity| identity.strong_count() > 0);
        if let Some(identity) = known.get(&key).and_then(Weak::upgrade) {
            return Ok(identity);
        }
        let source = Source::new(configured, &self.environment)?;
        let caller = Caller { fetch: Arc::clone(&self.fetch), verify };
        let identity = Arc::new(Identity::new(source, caller));
        known.insert(key, Arc::downgrade(&identity));
        Ok(identity)
    }

    /// Starts fetching for all that are in use, so that no request has to wait; to be called on a runtime.
    pub fn begin(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let identities: Vec<Arc<Identity>> = known.values().filter_map(Weak::upgrade).collect();
        drop(known);
        for identity in identities {
            identity.begin();
        }
    }
}
