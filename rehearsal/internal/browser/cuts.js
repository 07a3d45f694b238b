// What is cut on a page: by the window, by what is around it, or by the edge of its card. A list with the class "scroll"
// says by a shade that it goes on, and a detail that opens may show its beginning.
(() => {
  const found = [];
  const tell = (what, e, is, has) => found.push(`${what} of ${e.tagName.toLowerCase()}.${e.className} "${e.textContent.trim().slice(0, 40)}": ${is} of ${has}`);
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) found.push(`the page: ${page.scrollWidth} of ${innerWidth}`);

  // What only machines and readers see: of a clipped head everything, of a picture what it is made of.
  const unseen = (e) => !e.checkVisibility() || e.closest('.unseen, .skip, svg, .uplot') || getComputedStyle(e.closest('thead') ?? e).clipPath !== 'none';
  const opens = (e) => e.matches('.detail summary');
  for (const e of document.querySelectorAll('body *')) {
    if (unseen(e) || opens(e) || e.clientWidth === 0) continue;
    const { overflowX, overflowY } = getComputedStyle(e);
    if (overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) tell('the width', e, e.scrollWidth, e.clientWidth);
    if (overflowY !== 'visible' && !e.matches('.scroll') && e.scrollHeight > e.clientHeight + 1) tell('the height', e, e.scrollHeight, e.clientHeight);
  }

  for (const card of document.querySelectorAll('section, nav, .widget, .tile')) {
    const edge = card.getBoundingClientRect();
    const out = new Set(); // what is in these is out with them
    for (const part of card.querySelectorAll('*')) {
      const at = part.getBoundingClientRect();
      const right = at.right > edge.right + 0.5;
      const below = at.bottom > edge.bottom + 0.5 && !part.closest('.scroll');
      if (unseen(part) || at.width === 0 || at.height === 0 || !(right || below)) continue;
      if (!out.has(part.parentElement)) tell(right ? 'the right' : 'the bottom', part, right ? at.right : at.bottom, right ? edge.right : edge.bottom);
      out.add(part);
    }
  }
  return found;
})()
