variable "ledger_password_version" {
  description = "Raise by one to give ledger a new password, in the database and in its secret."
  type        = number
  default     = 1
}

variable "main_password_version" {
  description = "Raise by one to give main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

variable "ledger_shard_password_version" {
  description = "Raise by one to give every shard of ledger a new password, in the database and in its secret."
  type        = number
  default     = 1
}

variable "main_shard_password_version" {
  description = "Raise by one to give every shard of main a new password, in the database and in its secret."
  type        = number
  default     = 1
}

variable "main_proxy_password_version" {
  description = "Raise by one to give the clients of main-proxy a new password."
  type        = number
  default     = 1
}

variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}
