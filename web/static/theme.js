// SPDX-License-Identifier: Apache-2.0
(function () {
  var theme, density;
  try {
    theme = localStorage.getItem('theme');
    density = localStorage.getItem('density');
  } catch (e) {}
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.documentElement.dataset.density = density || 'normal';
})();
