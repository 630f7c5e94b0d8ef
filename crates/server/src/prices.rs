//! Reading the operator's file of prices.

use std::path::Path;
use std::sync::Arc;

use telemetry::Catalogue;

use crate::configuration;

/// The built-in catalogue, with the file over it if there is one; else every problem of the file, one a line.
pub fn load(file: Option<&Path>) -> Result<Arc<Catalogue>, Vec<String>> {
    let Some(file) = file else { return Ok(Arc::default()) };
    let name = file.display();
    if file == Path::new("-") {
        return Err(vec!["--prices: prices are not read from standard input".to_owned()]);
    }
    let text = configuration::read(file).map_err(|error| vec![format!("--prices: {error:#}")])?;
    let catalogue = Catalogue::read(&text, &is_list);
    catalogue
        .map(Arc::new)
        .map_err(|problems| problems.iter().map(|problem| format!("{name}:{problem}")).collect())
}

/// Whether there is a list of prices of this name.
pub fn is_list(name: &str) -> bool {
    provider::price_lists().any(|list| list == name)
}
