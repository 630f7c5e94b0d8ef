//! The models that a client may name: `GET /v1/models` in Anthropic's shape.
//!
//! From <https://docs.anthropic.com/en/api/models-list>.

use document::{ObjectWriter, write_object};

/// One model of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedModel<'m> {
    pub id: &'m str,
    pub display_name: &'m str,
    /// Unix seconds.
    pub created: u64,
}

/// Writes the list, in the order given; it has only one page.
pub fn write_models(models: &[ListedModel<'_>]) -> Vec<u8> {
    write_object(|body| {
        body.array("data", |data| {
            for model in models {
                data.object(|entry| write_entry(model, entry));
            }
        });
        for (name, model) in [("first_id", models.first()), ("last_id", models.last())] {
            match model {
                Some(model) => body.text(name, model.id),
                None => body.null(name),
            }
        }
        body.bool("has_more", false);
    })
}

/// Writes one model as the list has it.
pub fn write_model(model: &ListedModel<'_>) -> Vec<u8> {
    write_object(|entry| write_entry(model, entry))
}

fn write_entry(model: &ListedModel<'_>, entry: &mut ObjectWriter<'_>) {
    entry.text("type", "model");
    entry.text("id", model.id);
    entry.text("display_name", model.display_name);
    entry.text("created_at", &utc(model.created));
    entry.text("lifecycle", "active");
}

/// Unix seconds as RFC 3339 writes them.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day counted from 1970. Years begin in March here, so that the leap day is the last of one.
fn date(days: u64) -> (u64, u64, u64) {
    // Days since the first of March of the year 0.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anthropic::schemas::Schemas;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_677_628_799, "2023-02-28T23:59:59Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), date);
        }
    }

    #[test]
    fn lists_are_anthropics() {
        let models = [
            ListedModel { id: "a", display_name: "A", created: 0 },
            ListedModel { id: "b", display_name: "B", created: 1 },
        ];
        let list: serde_json::Value = serde_json::from_slice(&write_models(&models)).unwrap();
        assert_eq!(
            (&list["first_id"], &list["last_id"], &list["has_more"]),
            (&"a".into(), &"b".into(), &false.into())
        );
        assert_eq!(list["data"][0]["created_at"], "1970-01-01T00:00:00Z");
        if let Some(schemas) = Schemas::load("lists_are_anthropics") {
            schemas.check("ModelInfo", &list["data"][1]);
        }
        let empty = String::from_utf8(write_models(&[])).unwrap();
        assert_eq!(empty, r#"{"data":[],"first_id":null,"last_id":null,"has_more":false}"#);
    }
}
