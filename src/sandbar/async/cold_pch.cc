// SPDX-License-Identifier: Apache-2.0
// Empty: its target compiles the precompiled header for code that is not optimized.
