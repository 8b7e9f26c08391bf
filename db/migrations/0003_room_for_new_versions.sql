-- SPDX-License-Identifier: Apache-2.0
-- Rows that change all the time: with room on their page new versions need no entries in indexes, and old ones go at once.

ALTER TABLE team_totals SET (fillfactor = 10);
ALTER TABLE daily_usage SET (fillfactor = 50);
