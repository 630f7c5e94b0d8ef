//! Binary event streams as a strict client reads them, and signatures of version 4 as a client makes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use testkit::Call;

/// One message of a stream.
#[derive(Debug, Clone)]
pub struct Message {
    pub headers: BTreeMap<String, String>,
    pub payload: Vec<u8>,
}

impl Message {
    /// What event, or what exception, it is.
    pub fn kind(&self) -> &str {
        let name = if self.headers[":message-type"] == "event" { ":event-type" } else { ":exception-type" };
        &self.headers[name]
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap()
    }
}

/// Reads a whole stream; says where it is wrong.
pub fn messages(mut bytes: &[u8]) -> Result<Vec<Message>, String> {
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let prelude = bytes.get(..12).ok_or("ends inside a prelude")?;
        if crc(&prelude[..8]) != number(&prelude[8..]) {
            return Err("wrong sum of a prelude".to_owned());
        }
        let (length, head) = (number(&prelude[..4]) as usize, number(&prelude[4..8]) as usize);
        let message = bytes.get(..length).ok_or("ends inside a message")?;
        if crc(&message[..length - 4]) != number(&message[length - 4..]) {
            return Err("wrong sum of a message".to_owned());
        }
        let headers = headers(&message[12..12 + head]);
        found.push(Message { headers, payload: message[12 + head..length - 4].to_vec() });
        bytes = &bytes[length..];
    }
    Ok(found)
}

fn headers(mut bytes: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    while !bytes.is_empty() {
        let end = 1 + usize::from(bytes[0]);
        let name = String::from_utf8(bytes[1..end].to_vec()).unwrap();
        let kind = bytes[end];
        bytes = &bytes[end + 1..];
        let length = match kind {
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            5 | 8 => 8,
            9 => 16,
            6 | 7 => {
                let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
                bytes = &bytes[2..];
                length
            }
            other => panic!("a header of type {other}"),
        };
        if kind == 7 {
            found.insert(name, String::from_utf8(bytes[..length].to_vec()).unwrap());
        }
        bytes = &bytes[length..];
    }
    found
}

fn crc(bytes: &[u8]) -> u32 {
    let mut table = [0_u32; 256];
    for (index, entry) in (0_u32..).zip(table.iter_mut()) {
        *entry = (0..8).fold(index, |sum, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 });
    }
    !bytes.iter().fold(!0, |sum, byte| table[((sum ^ u32::from(*byte)) & 255) as usize] ^ (sum >> 8))
}

/// How a test signs.
pub struct Signer {
    pub key: &'static str,
    pub secret: &'static str,
    pub token: Option<&'static str>,
    pub service: &'static str,
    /// How often the path is escaped.
    pub escapes: usize,
    /// Seconds to add to the clock.
    pub skew: i64,
}

pub const RIGHT: Signer = Signer {
    key: "SIMKEY1",
    secret: "sim-secret-access-key",
    token: None,
    service: "bedrock",
    escapes: 1,
    skew: 0,
};

impl Signer {
    /// A signed call. `path` as it is sent.
    pub fn sign(&self, path: &str, body: &str) -> Call {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let time = stamp(now.checked_add_signed(self.skew).unwrap());
        let mut headers = vec![("host", "bedrock.test".to_owned()), ("x-amz-date", time.clone())];
        headers.extend(self.token.map(|token| ("x-amz-security-token", token.to_owned())));
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut escaped = path.to_owned();
        for _ in 0..self.escapes {
            escaped = escape(&escaped);
        }
        let mut canonical = format!("POST\n{escaped}\n\n");
        for (name, value) in &headers {
            writeln!(canonical, "{name}:{value}").unwrap();
        }
        write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(body))).unwrap();
        let scope = format!("{}/eu-west-1/{}/aws4_request", &time[..8], self.service);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in scope.split('/').chain([text.as_str()]) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.key,
            hex(&key)
        );
        let call = Call::post(path).json(body).header("authorization", &authorization);
        headers.iter().fold(call, |call, (name, value)| call.header(name, value))
    }
}

fn escape(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").unwrap();
        }
        text
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Seconds since 1970 as `YYYYMMDDTHHMMSSZ`.
fn stamp(seconds: u64) -> String {
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| {
        u64::from((year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{:02}{:02}T{hour:02}{minute:02}{second:02}Z", month + 1, days + 1)
}
