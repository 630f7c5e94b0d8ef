//! What has an extent, how many there are, and what is read where there is none.

use bytes::Bytes;

use super::*;
use crate::check::Checker;
use crate::{Document, Value};

/// The outline of an object whose text is a value inside another, and the text with that.
fn outline(value: &str) -> (Outline, String) {
    let text = format!("{{\"a\":{value}}}");
    let mut checker = Checker::new(text.as_bytes());
    assert_eq!(checker.value(Lead { start: 1, name_end: 3, escaped: false }, 5), Ok(text.len() - 1));
    (checker.outline, text)
}

fn extents(outline: &Outline) -> Vec<(u32, u32, u32, u32)> {
    let of = |extent: &Extent| (extent.start, extent.value, extent.end, extent.inside);
    outline.extents.iter().map(of).collect()
}

#[test]
fn members_and_containers_have_extents() {
    let (found, _) = outline(r#"{"b": [1,[2,"x"],{}],"cd":"x", "e" : {} }"#);
    let expected = [(1, 5, 46, 5), (6, 11, 25, 2), (14, 14, 21, 1), (26, 31, 34, 1), (36, 42, 44, 1)];
    assert_eq!(extents(&found), expected);
    // Long strings have one wherever they stand.
    let long = "x".repeat(LONG - 2);
    let (found, _) = outline(&format!("[\"{long}\",\"{}\"]", "x".repeat(LONG - 3)));
    assert_eq!(extents(&found), [(1, 5, 135, 2), (6, 6, 70, 1)]);
}

#[test]
fn there_are_not_more_than_a_share_of_the_body() {
    for (open, close) in [("[0", "]"), ("{\"\":0", "}"), ("[[[[0", "]]]]")] {
        for count in [1, 7, 30, 1000, 50_000] {
            let items = vec![format!("{open}{close}"); count].join(",");
            let (found, text) = outline(&format!("[{items}]"));
            let most = text.len() / SHARE + FEW;
            assert!(found.extents.capacity() <= most, "{count} of {open}");
            assert_eq!((found.open, found.without), (None, 0));
            assert!(
                std::mem::size_of::<Extent>() * found.extents.capacity() <= text.len() * 3 / 2 + 24 * FEW
            );
        }
    }
}

#[test]
fn large_bodies_with_little_in_them_have_small_outlines() {
    let (found, _) = outline(&format!("[\"{}\",{}0]", "x".repeat(1 << 20), "1,".repeat(1 << 16)));
    assert!(found.extents.capacity() <= USUAL);
}

#[test]
fn what_has_no_extent_is_found_nevertheless() {
    // More items than extents, and more members in the last object than are left for it.
    let items = "[],{\"a\":[{}]},".repeat(500);
    let members = (0..50).map(|at| format!("\"{at}\":[{at}]")).collect::<Vec<_>>().join(",");
    let text = format!("{{\"list\":[{items}{{{members}}}],\"after\":{{\"x\":[1]}}}}");
    let document = Document::parse(Bytes::from(text)).unwrap();
    let list = document.value("list").unwrap();
    assert_eq!(list.items().count(), 1001);
    let final_item = list.items().last().unwrap();
    assert_eq!(final_item.members().count(), 50);
    assert_eq!(final_item.value("49").map(Value::raw), Some(&b"[49]"[..]));
    let after = document.value("after").unwrap();
    assert_eq!(after.value("x").unwrap().items().next().and_then(Value::as_u64), Some(1));
    assert_eq!(document.root().members().count(), 2);
    // An object in which the extents run out.
    for count in 0..200 {
        let members = (0..count).map(|at| format!("\"{at}\":{at}")).collect::<Vec<_>>().join(" , ");
        let text = format!("{{\"a\":{{ {members} }},\"b\":{{\"c\":1}}}}");
        let document = Document::parse(Bytes::from(text)).unwrap();
        let numbers: Vec<_> =
            document.value("a").unwrap().members().filter_map(|member| member.value.as_u64()).collect();
        assert_eq!(numbers, (0..count).collect::<Vec<u64>>());
        assert_eq!(document.root().members().count(), 2);
    }
}
