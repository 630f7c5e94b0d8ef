//! What the two hosts of Gemini's API differ in, as data.

/// One host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Calls and their results have ids.
    pub(super) call_ids: bool,
    /// Files of Cloud Storage can be named, and files of the API's own cannot.
    pub(super) cloud_storage: bool,
    /// Every file that is named needs its media type.
    pub(super) typed_files: bool,
    /// The traces of tools that Google runs must be asked for where functions are declared as well.
    pub(super) traces_tools: bool,
    /// `serviceTier` is a member of the body.
    pub(super) service_tier: bool,
    /// Members at the top of the body that only clients who know the API send.
    pub(super) members: &'static [&'static str],
}

pub(super) static PUBLIC: Host = Host {
    call_ids: true,
    cloud_storage: false,
    typed_files: false,
    traces_tools: true,
    service_tier: true,
    members: &["safetySettings", "store"],
};

pub(super) static VERTEX: Host = Host {
    call_ids: false,
    cloud_storage: true,
    typed_files: true,
    traces_tools: false,
    service_tier: false,
    members: &["safetySettings", "labels", "modelArmorConfig"],
};
