//! Kinds of identities, for counting.

/// How an identity gets what it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Keys of AWS, configured or found.
    AwsKeys,
    /// A role of AWS that is taken on with such keys.
    AwsRole,
    /// A client of Entra with its secret.
    AzureClient,
    /// A client of Entra with a token of its cluster.
    AzureWorkload,
    /// The managed identity of a host in Azure.
    AzureManaged,
    GoogleServiceAccount,
    /// The account of a machine at Google.
    GoogleMachine,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::AwsKeys,
        Self::AwsRole,
        Self::AzureClient,
        Self::AzureWorkload,
        Self::AzureManaged,
        Self::GoogleServiceAccount,
        Self::GoogleMachine,
    ];

    /// As metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsKeys => "aws_keys",
            Self::AwsRole => "aws_role",
            Self::AzureClient => "azure_client",
            Self::AzureWorkload => "azure_workload",
            Self::AzureManaged => "azure_managed",
            Self::GoogleServiceAccount => "google_service_account",
            Self::GoogleMachine => "google_machine",
        }
    }
}
