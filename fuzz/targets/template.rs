//! Any text as a template: what is no placeholder stays, and a value is never read as one.
#![no_main]

use config::{Source, Template, TemplateError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let template = Template::parse(text);
    assert_eq!(template.as_written(), text);
    assert_eq!(template.to_string(), text);

    // A value that looks like the placeholder that it replaces gives the text back: nothing but
    // placeholders changes, and what was put in is not looked at again.
    let written = |source: Source, key: &str| Some(format!("$({}.{key})", source.name()));
    match template.resolve("field", &written) {
        Ok(resolved) if text.contains(char::is_whitespace) => {
            let plain = |text: &str| text.replace(char::is_whitespace, "");
            assert_eq!(plain(&resolved), plain(text));
        }
        Ok(resolved) => assert_eq!(resolved, text),
        Err(TemplateError::Malformed(field)) => assert_eq!(&*field, "field"),
        Err(TemplateError::UnknownSource(source)) => assert!(text.contains(&*source)),
        Err(TemplateError::Missing(..)) => panic!("every value was given"),
    }
    if let Some(literal) = template.literal() {
        assert_eq!(literal, text);
    }

    // Without values only a text without placeholders can be resolved.
    let resolved = template.resolve("field", &|_, _| None);
    assert_eq!(resolved.is_ok(), template.literal().is_some());
});
