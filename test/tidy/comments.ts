import ts from "typescript-api";
import { type Source, walk } from "./source.ts";

/** Comments are sentences that say why: no code that was switched off, no banners. */

const banner = /([-=*#~_/\\─━═])\1{3,}/;
const codeStart =
  /^(import|export|const|let|var|return|throw|await|if|for|while|switch|function|class)\b/;
const codeEnd = /[;{}]$/;
const codeCall = /^[\w.$]+\(.*\);$/;
const codeAssignment = /^[\w.$[\]]+ [-+*/|&]?= .*;$/;

export function commentFaults(source: Source): string[] {
  return commentLines(source).flatMap(({ text, line }) => {
    if (banner.test(text)) return [`${source.path}:${line} is a banner`];
    return isCode(text) ? [`${source.path}:${line} is code in a comment`] : [];
  });
}

function isCode(text: string): boolean {
  if (codeStart.test(text) && codeEnd.test(text)) return true;
  return codeCall.test(text) || codeAssignment.test(text);
}

interface CommentLine {
  text: string;
  line: number;
}

/** Each line of each comment, without its marks. Doc comments may show code: those are left out. */
function commentLines(source: Source): CommentLine[] {
  const lines: CommentLine[] = [];
  for (const { pos, end } of commentsOf(source)) {
    const first = source.tree.getLineAndCharacterOfPosition(pos).line + 1;
    const raw = source.text.slice(pos, end);
    const isDoc = raw.startsWith("/**");
    raw.split("\n").forEach((each, at) => {
      const text = each.replace(/^\s*(\/\/+|\/?\*+)/, "").replace(/\*\/\s*$/, "");
      const shown = isDoc && isCode(text.trim()) ? "" : text.trim();
      lines.push({ text: shown, line: first + at });
    });
  }
  return lines;
}

/**
 * What looks like a comment's start is one unless it stands in a string, a template or a regular
 * expression. Asking the parser for the trivia of every token took five times as long.
 */
function commentsOf({ text, tree }: Source): { pos: number; end: number }[] {
  const literalEnds = new Map<number, number>();
  walk(tree, (node) => {
    if (isLiteralText(node)) literalEnds.set(node.getStart(tree), node.getEnd());
  });
  const found: { pos: number; end: number }[] = [];
  for (let at = 0; at < text.length; ) {
    const literalEnd = literalEnds.get(at);
    const end = literalEnd ?? commentEnd(text, at);
    if (literalEnd === undefined && end > at) found.push({ pos: at, end });
    at = Math.max(end, at + 1);
  }
  return found;
}

function isLiteralText(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node)) return true;
  return ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
}

/** Where the comment that starts at `at` ends; `at` itself if none does. */
function commentEnd(text: string, at: number): number {
  if (text[at] !== "/") return at;
  const closing = text[at + 1] === "/" ? "\n" : "*/";
  if (text[at + 1] !== "/" && text[at + 1] !== "*") return at;
  const end = text.indexOf(closing, at + 2);
  if (end < 0) return text.length;
  return closing === "\n" ? end : end + closing.length;
}
