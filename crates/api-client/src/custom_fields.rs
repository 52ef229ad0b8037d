//! The calls about the studio's own fields.

use domain::{CustomField, CustomFieldForm, CustomFieldId};
use reqwest::Method;

use crate::{ApiClient, ApiFailure};

impl ApiClient {
    /// Defines a field, or changes one; the same again changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `invalid_input`, and any [`crate::FailureKind`].
    pub async fn save_custom_field(
        &self,
        id: CustomFieldId,
        form: &CustomFieldForm,
    ) -> Result<CustomField, ApiFailure> {
        let id = id.to_string();
        let build = |http: &crate::http::Http| http.request(Method::PUT, &["v1", "custom-fields", &id]).json(form);
        self.with_access(build).await?.json().await
    }
}
