//! Writes JSON: objects and arrays as closures, in the order in which members are given.

use crate::compact::append_in_line;
use crate::search::is_plain;
use crate::text::write_quoted;

/// Bytes of a short chat.
const USUAL_BODY: usize = 1024;

/// One object as bytes.
pub fn write_object(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    append_object(&mut out, fill);
    out
}

/// The same for a whole body: with room for one of usual size, so that it is not moved again and again as it grows.
pub fn write_body(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL_BODY);
    append_object(&mut out, fill);
    out
}

/// Appends one object.
pub fn append_object<R>(out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
    out.push(b'{');
    let result = fill(&mut ObjectWriter { out, empty: true });
    out.push(b'}');
    result
}

/// Appends members to an object that `out` ends inside of, behind another member, and ends the object.
#[inline]
pub fn append_members(out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    fill(&mut ObjectWriter { out, empty: false });
    out.push(b'}');
}

/// One array as bytes.
pub fn write_array(fill: impl FnOnce(&mut ArrayWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    append_array(&mut out, fill);
    out
}

fn append_array<R>(out: &mut Vec<u8>, fill: impl FnOnce(&mut ArrayWriter<'_>) -> R) -> R {
    out.push(b'[');
    let result = fill(&mut ArrayWriter { out, empty: true });
    out.push(b']');
    result
}

/// Appends a number.
pub fn append_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Members of an object that is being written.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl ObjectWriter<'_> {
    #[inline]
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.reserve(name.len() + 4);
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        if is_plain(name.as_bytes()) {
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'"');
        } else {
            write_quoted(name, self.out);
        }
        self.out.push(b':');
        self.out
    }

    #[inline]
    pub fn text(&mut self, name: &str, value: &str) {
        write_quoted(value, self.name(name));
    }

    /// A text in which nothing must be escaped, as the caller knows: it is not looked through.
    pub fn plain(&mut self, name: &str, text: &[u8]) {
        let out = self.name(name);
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    }

    #[inline]
    pub fn number(&mut self, name: &str, value: u64) {
        append_number(self.name(name), value);
    }

    pub fn bool(&mut self, name: &str, value: bool) {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub fn null(&mut self, name: &str) {
        self.name(name).extend_from_slice(b"null");
    }

    /// A value that is JSON already; without its line ends, so that what is written stays one line.
    #[inline]
    pub fn raw(&mut self, name: &str, json: &[u8]) {
        append_in_line(self.name(name), json);
    }

    pub fn object<R>(&mut self, name: &str, fill: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
        append_object(self.name(name), fill)
    }

    pub fn array<R>(&mut self, name: &str, fill: impl FnOnce(&mut ArrayWriter<'_>) -> R) -> R {
        append_array(self.name(name), fill)
    }

    /// An array of texts.
    pub fn texts<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.array(name, |array| values.into_iter().for_each(|value| array.text(value.as_ref())));
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

/// Items of an array that is being written.
#[derive(Debug)]
pub struct ArrayWriter<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl ArrayWriter<'_> {
    fn next(&mut self) -> &mut Vec<u8> {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        self.out
    }

    pub fn text(&mut self, value: &str) {
        write_quoted(value, self.next());
    }

    pub fn number(&mut self, value: u64) {
        append_number(self.next(), value);
    }

    /// A value that is JSON already; without its line ends.
    pub fn raw(&mut self, json: &[u8]) {
        append_in_line(self.next(), json);
    }

    pub fn object<R>(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
        append_object(self.next(), fill)
    }

    pub fn array<R>(&mut self, fill: impl FnOnce(&mut ArrayWriter<'_>) -> R) -> R {
        append_array(self.next(), fill)
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_in_order() {
        let written = write_object(|object| {
            object.text("a\"", "é\n");
            object.number("n", u64::MAX);
            object.bool("t", true);
            object.plain("p", b"QUJD+/==");
            object.null("z");
            object.raw("r", b"[1.50]");
            object.object("o", |inner| assert!(inner.is_empty()));
            object.array("l", |list| {
                list.text("x");
                list.number(1);
                list.raw(b"{}");
                list.object(|inner| inner.texts("s", ["p", "q"]));
                list.array(|inner| assert!(inner.is_empty()));
            });
        });
        let expected = "{\"a\\\"\":\"é\\n\",\"n\":18446744073709551615,\"t\":true,\"p\":\"QUJD+/==\",\"z\":null,\"r\":[1.50],\
                        \"o\":{},\"l\":[\"x\",1,{},{\"s\":[\"p\",\"q\"]},[]]}";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        assert_eq!(write_array(|list| list.number(7)), b"[7]");
        assert_eq!(write_body(|body| body.number("n", 0)), b"{\"n\":0}");
    }

    #[test]
    fn an_open_object_is_continued() {
        let mut out = b"{\"a\":1".to_vec();
        append_members(&mut out, |object| object.null("b"));
        assert_eq!(out, b"{\"a\":1,\"b\":null}");
        let mut out = b"{\"a\":1".to_vec();
        append_members(&mut out, |_| {});
        assert_eq!(out, b"{\"a\":1}");
    }
}
