// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace sandbar {

// Template and snapshot names: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$
bool is_template_name(std::string_view name);

// Known to every installation: db/migrations/0001_initial.sql seeds the row with this id.
inline constexpr std::string_view kBaseTemplateId = "tpl-00000000-0000-4000-8000-000000000001";
inline constexpr std::string_view kBaseTemplateName = "base";

}  // namespace sandbar
