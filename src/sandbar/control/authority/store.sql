-- SPDX-License-Identifier: Apache-2.0
-- The certificate authority: one row, written once.

-- name: insert_authority
-- Of several programs that start at once, the first one's counts.
INSERT INTO authorities (name, certificate_pem, encrypted_key) VALUES (:name, :certificate_pem, :encrypted_key)
ON CONFLICT (name) DO NOTHING;

-- name: find_authority
SELECT certificate_pem, encrypted_key FROM authorities WHERE name = :name;
