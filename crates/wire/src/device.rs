//! Devices a member is signed in on (A3). `GET /v1/devices` → [`DeviceList`] · `DELETE /v1/devices/{id}` → 204 ·
//! `POST /v1/devices/revoke-others` → [`RevokedOthers`].

use domain::{DeviceId, UnixMs};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// What a device tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceInfo {
    /// The host's name, or what its owner calls it; at most 100 characters.
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub name: String,
    /// Such as `Debian GNU/Linux 12`; at most 100 characters.
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub os: String,
    /// Version of the client; at most 100 characters.
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub app_version: String,
}

/// A device as its member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub os: String,
    pub app_version: String,
    /// Address it was last seen from.
    pub ip: String,
    pub signed_in_at: UnixMs,
    pub last_seen_at: UnixMs,
    /// Whether it is the one asking.
    pub is_current: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SessionEnd {
    /// Somebody signed out on it.
    SignedOut,
    /// Its member ended it from another device.
    Revoked,
    /// Its member was removed from the studio.
    MemberRemoved,
    /// One of its refresh tokens was in a second hand.
    TokenReused,
    /// Nobody refreshed it for too long.
    RanOut,
    /// A reason from a newer server.
    #[serde(other)]
    Unknown,
}

/// A device whose session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct EndedDevice {
    #[serde(flatten)]
    pub device: Device,
    pub ended_at: UnixMs,
    pub ended_because: SessionEnd,
}

/// A member's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct DeviceList {
    /// Every one whose session is alive, the one seen last first.
    pub devices: Vec<Device>,
    /// Those whose session ended in the last thirty days, the one that ended last first; at most 100.
    #[serde(default)]
    pub ended: Vec<EndedDevice>,
}

/// The sessions of all devices but the one asking were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokedOthers {
    /// How many they were.
    pub revoked: u64,
}
