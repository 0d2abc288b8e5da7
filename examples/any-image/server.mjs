// Your application. Node ends at once at TERM where nothing handles it; this one lets requests end first.
import { createServer } from "node:http";

const server = createServer((_request, response) => response.end("hello\n"));
server.listen(3000);
process.on("SIGTERM", () => server.close());
