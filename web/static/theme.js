(function () {
  try {
    var t = localStorage.getItem('theme');
  } catch (e) {}
  var d = t === 'dark' || (t !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = d ? 'dark' : 'light';
})();
