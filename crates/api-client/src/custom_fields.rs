//! The call about the studio's own fields of leads. What they are, the change feed tells.

use domain::{CustomField, CustomFieldForm, CustomFieldId};
use reqwest::Method;

use crate::{ApiClient, ApiFailure};

impl ApiClient {
    /// Defines a field, or changes one; gives it as it is now. The same may be sent again.
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
