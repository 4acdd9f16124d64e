// Judge requests by the self-hosted web app's own validation, in its own schema library; prints what it refuses.
// The schemas say what docs/platforms/selfhosted.md 2.1, 2.2, 3.1 and 3.3 do.
import { readFileSync } from "node:fs";
import { z } from "zod";

const node = z.object({ class_type: z.string().optional(), inputs: z.record(z.any()) });
const pin = z.object({ hash: z.string(), disabled: z.boolean() });
const SCHEMAS = {
  "POST /api/workflow": z.object({
    workflow_id: z.string().optional(),
    workflow_name: z.string().min(1).optional(),
    workflow: z.any(),
    workflow_api: z.record(node),
    snapshot: z.object({
      comfyui: z.string(),
      git_custom_nodes: z.record(pin),
      file_custom_nodes: z.array(z.any()),
    }).strict(),
  }).strict(),
  "POST /api/run": z.object({
    deployment_id: z.string(),
    inputs: z.record(z.union([z.string(), z.number()])).optional(),
  }).strict(),
  "GET /api/run": z.object({ run_id: z.string() }).strict(),
  "GET /api/workflow-version/": z.object({}).strict(),
  "GET /api/doc": z.object({}).strict(),
};

const refused = [];
for (const { route, sent } of JSON.parse(readFileSync(0, "utf-8"))) {
  const schema = SCHEMAS[route];
  const judged = schema?.safeParse(sent);
  if (!judged?.success) refused.push({ route, issues: judged?.error.issues ?? "there is no such route" });
}
console.log(JSON.stringify(refused));
