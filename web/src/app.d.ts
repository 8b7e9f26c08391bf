// SPDX-License-Identifier: Apache-2.0
declare global {
  namespace App {}
}
export {};
