CREATE TABLE `research_calls` (
	`id` text PRIMARY KEY NOT NULL,
	`run` text NOT NULL,
	`hash` text NOT NULL,
	`proposer` text NOT NULL,
	`model` text NOT NULL,
	`reserved_usd` real NOT NULL,
	`cost_usd` real,
	`settled` integer DEFAULT false NOT NULL,
	`record` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `research_calls_by_hash` ON `research_calls` (`run`,`hash`);--> statement-breakpoint
CREATE TABLE `research_exchanges` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run` text NOT NULL,
	`hash` text NOT NULL,
	`exchange` text NOT NULL,
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `research_exchanges_by_hash` ON `research_exchanges` (`run`,`hash`);--> statement-breakpoint
CREATE TABLE `research_gaps` (
	`run` text NOT NULL,
	`id` text NOT NULL,
	`round` integer NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	PRIMARY KEY(`run`, `id`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `research_ideas` (
	`run` text NOT NULL,
	`id` text NOT NULL,
	`round` integer NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`feasibility` real NOT NULL,
	`novelty` real NOT NULL,
	`verdict` text,
	PRIMARY KEY(`run`, `id`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `research_kernels` (
	`run` text NOT NULL,
	`idea` text NOT NULL,
	`kernel_hash` text NOT NULL,
	`kernel` text NOT NULL,
	`lineage_run` text,
	`speedup` real,
	PRIMARY KEY(`run`, `idea`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `research_kernels_by_hash` ON `research_kernels` (`kernel_hash`);--> statement-breakpoint
CREATE TABLE `research_links` (
	`run` text NOT NULL,
	`from_id` text NOT NULL,
	`to_id` text NOT NULL,
	PRIMARY KEY(`run`, `from_id`, `to_id`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `research_links_by_target` ON `research_links` (`run`,`to_id`);--> statement-breakpoint
CREATE TABLE `research_measurements` (
	`run` text NOT NULL,
	`hash` text NOT NULL,
	`result` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`run`, `hash`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `research_posts` (
	`run` text NOT NULL,
	`id` text NOT NULL,
	`record` text NOT NULL,
	`author` text,
	`created_at` text NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`run`, `id`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `research_records` (
	`run` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`title` text,
	`url` text NOT NULL,
	`sources` text NOT NULL,
	`published_at` text,
	`suspicious` integer NOT NULL,
	PRIMARY KEY(`run`, `id`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `research_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`domain` text NOT NULL,
	`options` text NOT NULL,
	`status` text NOT NULL,
	`message` text,
	`folder` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE TABLE `research_steps` (
	`run` text NOT NULL,
	`key` text NOT NULL,
	`stage` text NOT NULL,
	`round` integer NOT NULL,
	`input_hash` text NOT NULL,
	`status` text NOT NULL,
	`output` text,
	`error` text,
	`cost_usd` real DEFAULT 0 NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	PRIMARY KEY(`run`, `key`),
	FOREIGN KEY (`run`) REFERENCES `research_runs`(`id`) ON UPDATE no action ON DELETE no action
);
