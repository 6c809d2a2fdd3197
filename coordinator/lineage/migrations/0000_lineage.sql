CREATE TABLE `attempts` (
	`candidate` text NOT NULL,
	`attempt` integer NOT NULL,
	`evaluator` text NOT NULL,
	`stage` text,
	`end` text,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	PRIMARY KEY(`candidate`, `attempt`),
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `candidates` (
	`id` text PRIMARY KEY NOT NULL,
	`run` text NOT NULL,
	`island` integer NOT NULL,
	`batch` integer NOT NULL,
	`position` integer NOT NULL,
	`genome` text NOT NULL,
	`config` text NOT NULL,
	`source` text,
	`proposer` text NOT NULL,
	`reason` text,
	`answered_by` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `candidates_by_run_genome` ON `candidates` (`run`,`genome`);--> statement-breakpoint
CREATE TABLE `evaluations` (
	`candidate` text PRIMARY KEY NOT NULL,
	`run` text NOT NULL,
	`outcome` text NOT NULL,
	`fitness` real,
	`time_ms` real,
	`message` text,
	`attempt` integer NOT NULL,
	`evaluator` text,
	`device` text,
	`device_model` text,
	`toolchain` text,
	`compile_ms` real,
	`lane_ms` real,
	`queued_ms` real,
	`stopped_early` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `evaluators` (
	`run` text NOT NULL,
	`id` text NOT NULL,
	`address` text NOT NULL,
	`backend` text NOT NULL,
	`description` text NOT NULL,
	`state` text NOT NULL,
	`first_seen` integer NOT NULL,
	`last_seen` integer NOT NULL,
	PRIMARY KEY(`run`, `id`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run` text NOT NULL,
	`kind` text NOT NULL,
	`message` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `islands` (
	`run` text NOT NULL,
	`island` integer NOT NULL,
	`niche` text NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`worker` text,
	`next_batch` integer DEFAULT 0 NOT NULL,
	`tail` integer DEFAULT 0 NOT NULL,
	`exhausted` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`run`, `island`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `log` (
	`run` text NOT NULL,
	`island` integer NOT NULL,
	`n` integer NOT NULL,
	`entry` text NOT NULL,
	PRIMARY KEY(`run`, `island`, `n`)
);
--> statement-breakpoint
CREATE TABLE `measurements` (
	`candidate` text NOT NULL,
	`round` integer NOT NULL,
	`workload` text NOT NULL,
	`time_ms` real NOT NULL,
	`baseline_ms` real,
	`baseline` text,
	`speedup` real,
	`speedup_low` real,
	`speedup_high` real,
	`gflops` real,
	`peak_share` real,
	`error` real,
	`samples` text NOT NULL,
	`others` text DEFAULT '{}' NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`candidate`, `round`, `workload`),
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `migrations` (
	`candidate` text PRIMARY KEY NOT NULL,
	`run` text NOT NULL,
	`origin` text NOT NULL,
	`from_island` integer NOT NULL,
	`to_island` integer NOT NULL,
	`batch` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `model_calls` (
	`id` text PRIMARY KEY NOT NULL,
	`run` text NOT NULL,
	`island` integer,
	`proposer` text NOT NULL,
	`model` text NOT NULL,
	`answered_by` text,
	`prompt_hash` text NOT NULL,
	`prompt_tokens` integer,
	`completion_tokens` integer,
	`reasoning_tokens` integer,
	`reserved_usd` real NOT NULL,
	`cost_usd` real,
	`latency_ms` real,
	`outcome` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `parents` (
	`candidate` text NOT NULL,
	`position` integer NOT NULL,
	`parent` text NOT NULL,
	PRIMARY KEY(`candidate`, `position`),
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `parents_by_parent` ON `parents` (`parent`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`kernel` text NOT NULL,
	`kernel_hash` text NOT NULL,
	`backend` text NOT NULL,
	`spec` text NOT NULL,
	`launch` text NOT NULL,
	`status` text NOT NULL,
	`message` text,
	`accepted` integer DEFAULT 0 NOT NULL,
	`best` text,
	`result` text,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`elapsed_ms` integer DEFAULT 0 NOT NULL
);
