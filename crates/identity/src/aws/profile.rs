//! Profiles: the files in which the tools of AWS keep keys and roles.
//!
//! Made from <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>. `credential_process` is not
//! carried out: the gateway starts no other programs.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use auth::Secret;
use zeroize::Zeroizing;

use crate::environment::read_file;
use crate::{Environment, IdentityError};

const PROFILE: &str = "the AWS profile";
/// Profiles that may lead from one to the next.
const MAX_STEPS: usize = 8;

/// Settings of profiles that have their keys from where the gateway does not go, and what is told then.
const UNSUPPORTED: [(&str, &str); 5] = [
    ("sso_session", SSO),
    ("sso_start_url", SSO),
    ("sso_account_id", SSO),
    (
        "login_session",
        "it logs in with the console, which is not supported: use keys, a role or a container's endpoint",
    ),
    (
        "credential_process",
        "it has a 'credential_process', and no program is started: use keys, a role or a container's endpoint",
    ),
];
const SSO: &str = "it logs in with SSO (IAM Identity Center), which is not supported: use keys, a role with \
                   'source_profile', 'credential_source' or 'web_identity_token_file', or a container's endpoint";

/// Where the first keys of a profile come from.
pub(super) enum Base {
    Keys { id: Secret, secret: Secret, token: Option<Secret> },
    Federated { role: String, session: Option<String>, file: PathBuf },
    Container,
    Instance,
}

pub(super) struct Role {
    pub arn: String,
    pub session: Option<String>,
}

pub(super) struct Profile {
    pub base: Base,
    /// In the order in which they are taken on.
    pub roles: Vec<Role>,
}

type Section<'t> = HashMap<&'t str, &'t str>;

/// The profile that is meant, if there is one. One that the environment names must be there.
pub(super) async fn find(environment: &Environment) -> Result<Option<Profile>, IdentityError> {
    let named = environment.value("AWS_PROFILE");
    let keys = file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials").await?;
    let settings = file(environment, "AWS_CONFIG_FILE", "config").await?;
    let mut sections: HashMap<&str, Section<'_>> = HashMap::new();
    // What stands in the file of keys counts before the other.
    for (name, section) in sections_of(&settings, true).into_iter().chain(sections_of(&keys, false)) {
        sections.entry(name).or_default().extend(section);
    }
    let name = named.as_deref().unwrap_or("default");
    let found = resolve(name, &sections, environment)?;
    if found.is_none() && named.is_some() {
        return Err(IdentityError::Invalid("AWS_PROFILE", "there is no such profile, or it has no keys"));
    }
    Ok(found)
}

/// The text of a file; empty where it does not exist and need not.
async fn file(
    environment: &Environment,
    variable: &'static str,
    name: &str,
) -> Result<Zeroizing<String>, IdentityError> {
    let named = environment.value(variable).map(PathBuf::from);
    let usual = || environment.value("HOME").map(|home| PathBuf::from(home).join(".aws").join(name));
    let Some(path) = named.or_else(usual) else { return Ok(Zeroizing::default()) };
    match read_file(variable, path).await {
        Err(IdentityError::File(_, ErrorKind::NotFound | ErrorKind::NotADirectory)) => {
            Ok(Zeroizing::default())
        }
        read => read,
    }
}

/// Sections by name; in the file of settings they are called `profile NAME`, all but the default.
fn sections_of(text: &str, settings: bool) -> Vec<(&str, Section<'_>)> {
    let mut sections = Vec::new();
    let mut current: Option<(&str, Section<'_>)> = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t', '#', ';']) {
            // A nested setting or a comment.
            continue;
        }
        if let Some(name) = line.trim_end().strip_prefix('[').and_then(|line| line.split(']').next()) {
            sections.extend(current.take());
            let name = name.trim();
            let profile = name.strip_prefix("profile ").map(str::trim);
            let name = if settings && name != "default" { profile } else { Some(name) };
            current = name.map(|name| (name, Section::new()));
        } else if let (Some((_, section)), Some((key, value))) = (&mut current, line.split_once('=')) {
            let value = value.split(" #").next();
            section.insert(key.trim(), value.unwrap_or_default().trim());
        }
    }
    sections.extend(current);
    sections
}

/// Follows a profile to its first keys.
fn resolve(
    name: &str,
    sections: &HashMap<&str, Section<'_>>,
    environment: &Environment,
) -> Result<Option<Profile>, IdentityError> {
    let mut roles = Vec::new();
    let mut name = name;
    for _ in 0..MAX_STEPS {
        let Some(section) = sections.get(name) else { return missing(&roles) };
        let value = |key: &str| section.get(key).copied().filter(|value| !value.is_empty());
        // A profile that names itself as its source means its own keys.
        let own_source = value("source_profile") == Some(name);
        if let Some(arn) = value("role_arn") {
            let session = value("role_session_name").map(ToOwned::to_owned);
            if let Some(file) = value("web_identity_token_file") {
                let base = Base::Federated { role: arn.to_owned(), session, file: file.into() };
                return Ok(Some(finish(base, roles)));
            }
            if roles.len() == MAX_STEPS {
                break;
            }
            roles.push(Role { arn: arn.to_owned(), session });
            match (value("source_profile"), value("credential_source")) {
                (Some(source), _) if !own_source => {
                    name = source;
                    continue;
                }
                (Some(_), _) => {}
                (None, Some(source)) => {
                    return of_environment(source, environment).map(|base| Some(finish(base, roles)));
                }
                (None, None) => {
                    return Err(IdentityError::Invalid(PROFILE, "a role has no source of credentials"));
                }
            }
        }
        let (Some(id), Some(secret)) = (value("aws_access_key_id"), value("aws_secret_access_key")) else {
            return match UNSUPPORTED.iter().find(|(setting, _)| value(setting).is_some()) {
                Some((_, reason)) => Err(IdentityError::Invalid(PROFILE, reason)),
                None => missing(&roles),
            };
        };
        let token = value("aws_session_token").map(Secret::new);
        let base = Base::Keys { id: Secret::new(id), secret: Secret::new(secret), token };
        return Ok(Some(finish(base, roles)));
    }
    Err(IdentityError::Invalid(PROFILE, "its source profiles go round in a circle, or are too many"))
}

/// A profile that is not there or has no keys: an error only where another one leads to it.
fn missing(roles: &[Role]) -> Result<Option<Profile>, IdentityError> {
    if roles.is_empty() {
        return Ok(None);
    }
    Err(IdentityError::Invalid(PROFILE, "its source profile has no keys"))
}

fn of_environment(source: &str, environment: &Environment) -> Result<Base, IdentityError> {
    match source {
        "Environment" => {
            let value = |name: &'static str| {
                environment.value(name).map(Secret::new).ok_or(IdentityError::Unset(name))
            };
            Ok(Base::Keys {
                id: value("AWS_ACCESS_KEY_ID")?,
                secret: value("AWS_SECRET_ACCESS_KEY")?,
                token: value("AWS_SESSION_TOKEN").ok(),
            })
        }
        "EcsContainer" => Ok(Base::Container),
        "Ec2InstanceMetadata" => Ok(Base::Instance),
        _ => Err(IdentityError::Invalid(PROFILE, "its 'credential_source' is not known")),
    }
}

fn finish(base: Base, mut roles: Vec<Role>) -> Profile {
    // They were found from the last to the first.
    roles.reverse();
    Profile { base, roles }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, settings: &str, keys: &str) -> Result<Option<Profile>, IdentityError> {
        let mut sections: HashMap<&str, Section<'_>> = HashMap::new();
        for (name, section) in sections_of(settings, true).into_iter().chain(sections_of(keys, false)) {
            sections.entry(name).or_default().extend(section);
        }
        resolve(name, &sections, &Environment::new(|_| None))
    }

    fn keys_of(profile: &Profile) -> (&str, &str, Option<&str>) {
        match &profile.base {
            Base::Keys { id, secret, token } => {
                (id.expose(), secret.expose(), token.as_ref().map(Secret::expose))
            }
            _ => panic!("other keys"),
        }
    }

    #[test]
    fn keys_of_both_files() {
        let keys = "# comment\n[default]\naws_access_key_id = AK1\naws_secret_access_key=S/1=\n\n\
                    [other]\naws_access_key_id=AK2\naws_secret_access_key=S2\naws_session_token = T2 \n";
        let settings = "[default]\nregion = eu-west-1\naws_access_key_id = OLD\n[profile third]\n\
                        aws_access_key_id = AK3\naws_secret_access_key = S3\ns3 =\n  max = 3\n[fourth]\n\
                        aws_access_key_id = AK4\naws_secret_access_key = S4\n";
        let found = |name| profile(name, settings, keys).unwrap();
        assert_eq!(keys_of(&found("default").unwrap()), ("AK1", "S/1=", None));
        assert_eq!(keys_of(&found("other").unwrap()), ("AK2", "S2", Some("T2")));
        assert_eq!(keys_of(&found("third").unwrap()), ("AK3", "S3", None));
        assert!(found("fourth").is_none(), "settings call it `profile fourth`");
        assert!(found("nobody").is_none());
    }

    #[test]
    fn roles_lead_from_profile_to_profile() {
        let settings = "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\n\
                        role_session_name = me\nsource_profile = c\n[profile own]\nrole_arn = arn:own\n\
                        source_profile = own\naws_access_key_id = AK\naws_secret_access_key = S\n\
                        [profile web]\nrole_arn = arn:web\nweb_identity_token_file = /token\n\
                        [profile ec2]\nrole_arn = arn:ec2\ncredential_source = Ec2InstanceMetadata\n\
                        [profile loop]\nrole_arn = arn:loop\nsource_profile = loop2\n\
                        [profile loop2]\nrole_arn = arn:loop2\nsource_profile = loop\n\
                        [profile lost]\nrole_arn = arn:lost\nsource_profile = nobody\n\
                        [profile bare]\nrole_arn = arn:bare\n";
        let keys = "[c]\naws_access_key_id=AKC\naws_secret_access_key=SC\n";
        let found = |name| profile(name, settings, keys);
        let a = found("a").unwrap().unwrap();
        assert_eq!(keys_of(&a).0, "AKC");
        let arns: Vec<_> = a.roles.iter().map(|role| (&*role.arn, role.session.as_deref())).collect();
        assert_eq!(arns, [("arn:b", Some("me")), ("arn:a", None)]);
        assert_eq!(keys_of(&found("own").unwrap().unwrap()).0, "AK");
        assert!(
            matches!(found("web").unwrap().unwrap().base, Base::Federated { role, .. } if role == "arn:web")
        );
        assert!(matches!(found("ec2").unwrap().unwrap().base, Base::Instance));
        for name in ["loop", "lost", "bare"] {
            assert!(found(name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_not_supported_is_told_with_what_is() {
        let settings = "[default]\nsso_session = corp\nsso_account_id = 1\n[sso-session corp]\n\
                        sso_start_url = https://CANARY.example.com\n[profile old]\nsso_start_url = https://CANARY\n\
                        [profile role]\nrole_arn = arn:a\nsource_profile = old\n\
                        [profile process]\ncredential_process = /bin/CANARY\n[profile console]\n\
                        login_session = arn:CANARY\n[profile both]\nsso_session = corp\n\
                        aws_access_key_id = AK\naws_secret_access_key = S\n";
        for (name, word) in [
            ("default", "SSO"),
            ("old", "SSO"),
            ("role", "SSO"),
            ("process", "'credential_process'"),
            ("console", "console"),
        ] {
            let told = profile(name, settings, "").err().unwrap().to_string();
            assert!(told.contains(word) && told.contains("use keys"), "{name}: {told}");
            assert!(!told.contains("CANARY"), "{told}");
        }
        assert_eq!(keys_of(&profile("both", settings, "").unwrap().unwrap()).0, "AK");
    }
}
