// SPDX-License-Identifier: Apache-2.0
// What cannot wait for the rest: the colours of the first paint, and what happens when the rest does not come.
(function () {
  var theme, density;
  try {
    theme = localStorage.getItem('theme');
    density = localStorage.getItem('density');
  } catch (e) {}
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.documentElement.dataset.density = density || 'normal';

  // A new version, or a network that changes, takes code away: once it is fetched anew with the page (as hooks.client.ts
  // does for views), and then people are told.
  function mayReload() {
    try {
      var last = Number(sessionStorage.getItem('sandbar.reloaded_at'));
      if (Date.now() - last < 30000) return false;
      sessionStorage.setItem('sandbar.reloaded_at', String(Date.now()));
      return true;
    } catch (e) {
      return false;
    }
  }
  function add(parent, name, text) {
    var element = parent.appendChild(document.createElement(name));
    element.textContent = text;
    return element;
  }
  addEventListener('unhandledrejection', function (event) {
    var message = String((event.reason && event.reason.message) || '');
    if (!/dynamically imported module|importing a module script/i.test(message)) return;
    if (document.querySelector('h1')) return;
    if (mayReload()) return location.reload();
    var main = document.body.appendChild(document.createElement('main'));
    main.className = 'p-6';
    add(main, 'h1', 'The page could not be loaded');
    add(main, 'p', 'Part of it did not arrive.');
    add(main, 'a', 'Try again').href = location.href;
  });
})();
