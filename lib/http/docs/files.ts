/** The page's files, as they lie beside this one. */
interface DocsFile {
  path: string;
  name: string;
  mediaType: string;
  summary: string;
}

const at = "/api/v2/docs";

export const docsFiles: readonly DocsFile[] = [
  {
    ...{ path: at, name: "docs-page.html", mediaType: "text/html" },
    summary: "Show a page to try this API",
  },
  {
    ...{ path: `${at}/docs-page.css`, name: "docs-page.css", mediaType: "text/css" },
    summary: "Get the style of that page",
  },
  {
    ...{ path: `${at}/docs-page.js`, name: "docs-page.js", mediaType: "text/javascript" },
    summary: "Get the script of that page",
  },
];
