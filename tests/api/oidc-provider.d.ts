// SPDX-License-Identifier: Apache-2.0
// The package comes without types.
declare module 'oidc-provider';
