// Recognises the desk's error among all that a promise can reject with.

import type { ErrorCode } from '../bindings/ErrorCode';
import type { ErrorView } from '../bindings/ErrorView';

export function isErrorView(value: unknown): value is ErrorView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'is_retryable' in value &&
    typeof value.is_retryable === 'boolean'
  );
}

/** Anything else than an `ErrorView` is a defect of ours: `internal`, and its text is not shown. */
export function asErrorView(reason: unknown): ErrorView {
  return isErrorView(reason) ? reason : errorView('internal');
}

export function errorView(code: ErrorCode, isRetryable = false, reportId: string | null = null): ErrorView {
  return { code, is_retryable: isRetryable, report_id: reportId };
}
