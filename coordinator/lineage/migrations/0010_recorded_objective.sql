CREATE TABLE `__new_measurements` (
	`candidate` text NOT NULL,
	`round` integer NOT NULL,
	`workload` text NOT NULL,
	`time_ms` real,
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
	`metrics` text DEFAULT '{}' NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`candidate`, `round`, `workload`),
	FOREIGN KEY (`candidate`) REFERENCES `candidates`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `__new_measurements`("candidate", "round", "workload", "time_ms", "baseline_ms", "baseline", "speedup", "speedup_low", "speedup_high", "gflops", "peak_share", "error", "samples", "others", "created_at") SELECT "candidate", "round", "workload", "time_ms", "baseline_ms", "baseline", "speedup", "speedup_low", "speedup_high", "gflops", "peak_share", "error", "samples", "others", "created_at" FROM `measurements`;--> statement-breakpoint
DROP TABLE `measurements`;--> statement-breakpoint
ALTER TABLE `__new_measurements` RENAME TO `measurements`;
